import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  CreateOrganizationDocument,
  OrganizationEventsDocument,
  OrganizationOverviewDocument,
  OrganizationsDocument,
  OrganizationWorkspacesDocument,
} from '../generated/documents.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertRoot,
  insertToken,
  insertWorkspace,
  setHeartbeat,
} from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { createContractApi } from './operations.ts';

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);
const api = createContractApi(database, 'organizations');

const storedOrganizations = (name: string) =>
  database.query('select id, name, open_roots, event_seq from organizations where name = $1', [name]);

test('an organization is created once, however often it is asked for', async () => {
  const id = randomUUID();
  const { createOrganization } = await api.run(CreateOrganizationDocument, { name: '  Initech ', id });
  expect(createOrganization).toEqual({ id, name: 'Initech', installed: false, createdAt: expect.any(String) });
  expect(Math.abs(Date.parse(createOrganization.createdAt) - Date.now())).toBeLessThan(60_000);

  const again = await api.run(CreateOrganizationDocument, { name: 'Initech', id });
  expect(again.createOrganization).toEqual(createOrganization);
  expect(await storedOrganizations('Initech')).toEqual([{ id, name: 'Initech', open_roots: true, event_seq: '1' }]);
});

test('an organization created without an id gets one', async () => {
  const { createOrganization } = await api.run(CreateOrganizationDocument, { name: 'Hooli' });
  expect(await storedOrganizations('Hooli')).toMatchObject([{ id: createOrganization.id }]);
});

test('organizations are found by a part of their name, and paged forwards and backwards', async () => {
  for (const name of ['Pager 3', 'Pager 1', 'Pager 2']) await insertOrganization(database, { name });
  const page = async (variables: object) => {
    const { organizations } = await api.run(OrganizationsDocument, { search: 'pAGER', ...variables });
    return { ...organizations, names: organizations.edges.map(({ node }) => node.name) };
  };
  const first = await page({ first: 2 });
  expect(first).toMatchObject({ totalCount: 3, names: ['Pager 1', 'Pager 2'] });
  expect(first.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: first.edges[0]?.cursor,
    endCursor: first.edges[1]?.cursor,
  });
  const second = await page({ first: 2, after: first.pageInfo.endCursor });
  expect(second).toMatchObject({ totalCount: 3, names: ['Pager 3'], pageInfo: { hasNextPage: false } });
  const back = await page({ last: 2, before: second.pageInfo.startCursor });
  expect(back.names).toEqual(['Pager 1', 'Pager 2']);
  expect(await page({ search: 'no such name' })).toMatchObject({
    totalCount: 0,
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

test('organizations are told apart by whether their platform agent is installed', async () => {
  const open = await insertOrganization(database, { name: 'Filter open' });
  const closed = await insertOrganization(database, { name: 'Filter closed', openRoots: false });
  const found = async (installed: boolean) => {
    const { organizations } = await api.run(OrganizationsDocument, { search: 'Filter', installed });
    return organizations.edges.map(({ node }) => ({
      id: node.id,
      installed: node.installed,
      agent: node.platformAgent,
    }));
  };
  expect(await found(false)).toEqual([{ id: open, installed: false, agent: null }]);
  expect(await found(true)).toEqual([{ id: closed, installed: true, agent: null }]);
});

test('the token of an organization lists that organization alone', async () => {
  const orgId = await insertOrganization(database, { name: 'Lonely' });
  const { token } = await insertToken(database, orgId, await insertRoot(database, orgId));
  const { organizations } = await api.run(OrganizationsDocument, {}, token);
  expect(organizations).toMatchObject({ totalCount: 1, edges: [{ node: { id: orgId } }] });
  expect(await api.run(OrganizationOverviewDocument, { id: neighbour.orgId }, token)).toEqual({ organization: null });
});

test('the overview shows roots, counts, allowlist and tokens of one organization', async () => {
  const id = await insertOrganization(database, { name: 'Overview' });
  const beta = await insertRoot(database, id, { name: 'Beta', pluginPolicy: 'allow_listed' });
  const alpha = await insertRoot(database, id, { name: 'Alpha' });
  const worker = await insertWorkspace(database, id, { parentId: beta, name: 'Worker' });
  await setHeartbeat(database, id, worker, { health: 'degraded' });
  await insertWorkspace(database, id, { parentId: beta, name: 'Gone', lifecycle: 'removed' });
  await allow(database, id, beta, 'search', { by: 'operator', at: '2026-01-02T03:04:05Z' });
  const { id: tokenId } = await insertToken(database, id, alpha, { name: 'CI' });

  const { organization } = await api.run(OrganizationOverviewDocument, { id });
  expect(organization).toMatchObject({
    id,
    name: 'Overview',
    installed: false,
    platformAgent: null,
    statusCounts: { online: 0, degraded: 1, provisioning: 0, offline: 2, failed: 0, removed: 1 },
    roots: [
      { id: alpha, name: 'Alpha', kind: 'WORKSPACE', status: 'OFFLINE', tier: 1, pluginPolicy: 'ALLOW_ALL' },
      { id: beta, name: 'Beta', pluginPolicy: 'ALLOW_LISTED' },
    ],
    pluginAllowlist: [
      {
        plugin: 'search',
        enabledBy: 'operator',
        enabledAt: '2026-01-02T03:04:05.000Z',
        root: { id: beta, name: 'Beta' },
      },
    ],
    apiTokens: [{ id: tokenId, name: 'CI', lastUsedAt: null, root: { id: alpha, name: 'Alpha' } }],
  });
});

test('an organization that does not exist reads as null', async () => {
  expect(await api.run(OrganizationOverviewDocument, { id: randomUUID() })).toEqual({ organization: null });
});

test('the workspaces of an organization are filtered by status and kind, and paged', async () => {
  const id = await insertOrganization(database);
  const root = await insertRoot(database, id, { name: 'Root' });
  const alive = await insertWorkspace(database, id, { parentId: root, name: 'Alive' });
  await setHeartbeat(database, id, alive);
  await insertWorkspace(database, id, { parentId: root, name: 'Broken', lifecycle: 'failed' });
  await insertWorkspace(database, id, { parentId: root, name: 'Gone', lifecycle: 'removed' });
  const page = async (variables: object) => {
    const { organization } = await api.run(OrganizationWorkspacesDocument, { id, ...variables });
    const workspaces = organization?.workspaces;
    return { ...workspaces, names: workspaces?.edges.map(({ node }) => node.name) };
  };
  expect(await page({})).toMatchObject({ totalCount: 3, names: ['Alive', 'Broken', 'Root'] });
  expect(await page({ status: ['ONLINE', 'FAILED'] })).toMatchObject({ totalCount: 2, names: ['Alive', 'Broken'] });
  expect(await page({ status: ['REMOVED'] })).toMatchObject({ totalCount: 1, names: ['Gone'] });
  expect(await page({ kind: 'PLATFORM' })).toMatchObject({ totalCount: 0, names: [] });
  const first = await page({ first: 1 });
  expect(await page({ first: 1, after: first.pageInfo?.endCursor })).toMatchObject({ names: ['Broken'] });
  expect(await page({ last: 1 })).toMatchObject({ names: ['Root'], pageInfo: { hasPreviousPage: true } });
});

test('events are shown newest first, numbered without a gap', async () => {
  const { createOrganization } = await api.run(CreateOrganizationDocument, { name: 'Eventful' });
  const { id } = createOrganization;
  await database.query(
    `insert into org_events (org_id, seq, type, actor, subject_id, data) values ($1, 2, 'workspace.renamed', 'operator', $2, '{"to": "B"}')`,
    [id, await insertRoot(database, id, { id, name: 'B' })],
  );
  const { organization } = await api.run(OrganizationEventsDocument, { id, first: 10 });
  const created = {
    seq: '1',
    type: 'organization.created',
    actor: 'operator',
    data: { name: 'Eventful' },
    subjectId: null,
    workspace: null,
  };
  expect(organization?.events.totalCount).toBe(2);
  expect(organization?.events.edges.map(({ node }) => node)).toMatchObject([
    { seq: '2', type: 'workspace.renamed', subjectId: id, workspace: { id, name: 'B' }, data: { to: 'B' } },
    created,
  ]);
  const after = organization?.events.edges[0]?.cursor ?? null;
  const older = await api.run(OrganizationEventsDocument, { id, first: 10, after });
  expect(older.organization?.events.edges).toMatchObject([{ node: created }]);
  const newer = await api.run(OrganizationEventsDocument, {
    id,
    last: 1,
    before: older.organization?.events.pageInfo.startCursor ?? null,
  });
  expect(newer.organization?.events.edges).toMatchObject([{ node: { seq: '2' } }]);
});

test('every operation of organizations.graphql was run', api.expectAllWereRun);
