import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { readWorkspace } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

// Two organizations whose workspaces and tokens have the same ids, as two imports of one backup have them. A statement
// that forgets the organization's id hits both.

const database = await createTestDatabase();
const api = createTestApi(database);

let orgId: string;
let twinId: string;
let agentId: string;
let ids: Record<'alpha' | 'beta' | 'branch' | 'leaf' | 'gone' | 'token', string>;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  twinId = await insertOrganization(database);
  agentId = platformAgentId(orgId);
  const id = randomUUID;
  ids = { alpha: id(), beta: id(), branch: id(), leaf: id(), gone: id(), token: id() };
  for (const org of [orgId, twinId]) {
    await insertRoot(database, org, { id: ids.alpha, name: 'Alpha' });
    await insertRoot(database, org, { id: ids.beta, name: 'Beta', pluginPolicy: 'allow_listed' });
    await insertRoot(database, org, { id: ids.gone, name: 'Gone', lifecycle: 'removed' });
    await insertWorkspace(database, org, { id: ids.branch, name: 'Branch', parentId: ids.alpha });
    await insertWorkspace(database, org, { id: ids.leaf, name: 'Leaf', parentId: ids.branch });
    await insertToken(database, org, ids.beta, { id: ids.token });
    for (const rootId of [ids.alpha, ids.beta]) await allow(database, org, rootId, 'search');
    await insertRoot(database, org, { id: agentId, name: 'Seeded' });
    await insertWorkspace(database, org, { name: 'Child', parentId: agentId });
  }
});

describe.each<[string, () => Record<string, unknown>, string?]>([
  ['installPlatformAgent', () => ({})],
  ['createWorkspace', () => ({ name: 'New', parentId: ids.branch })],
  ['moveWorkspace', () => ({ id: ids.leaf, parentId: ids.alpha })],
  ['moveWorkspace', () => ({ id: ids.beta, parentId: ids.alpha })],
  ['renameWorkspace', () => ({ id: ids.alpha, name: 'New' })],
  ['removeWorkspace', () => ({ id: ids.beta })],
  ['removeWorkspace', () => ({ id: ids.alpha, includeDescendants: true })],
  ['restoreWorkspace', () => ({ id: ids.gone })],
  ['recordHeartbeat', () => ({ workspaceId: ids.leaf })],
  ['recordHeartbeats', () => ({ heartbeats: [{ workspaceId: ids.leaf }, { workspaceId: ids.beta }] }), ''],
  ['reportProvisioning', () => ({ workspaceId: ids.leaf, state: 'FAILED' })],
  ['allowPlugin', () => ({ plugin: 'browser', rootId: ids.alpha }), '{ plugin }'],
  ['disallowPlugin', () => ({ plugin: 'search', rootId: ids.alpha }), ''],
  ['setPluginPolicy', () => ({ policy: 'ALLOW_LISTED', rootId: ids.alpha })],
  ['createApiToken', () => ({ name: 'New', rootId: ids.alpha }), '{ token }'],
  ['revokeApiToken', () => ({ id: ids.token })],
])('%s', (mutation, args, selection) => {
  test('changes its organization, and nothing of one whose rows have the same ids', async () => {
    const before = await snapshotOrganization(database, orgId);
    const twin = await snapshotOrganization(database, twinId);
    await mutate(api, mutation, { orgId, ...args() }, selection);
    expect(await snapshotOrganization(database, orgId)).not.toEqual(before);
    expect(await snapshotOrganization(database, twinId)).toEqual(twin);
  });
});

test('a platform agent of another id is replaced in its organization alone', async () => {
  const foreign = `update workspaces set kind = 'platform', tier = 0 where org_id = $1 and id = $2`;
  for (const org of [orgId, twinId]) await database.query(foreign, [org, ids.beta]);
  const twin = await snapshotOrganization(database, twinId);
  expect((await install(api, orgId)).installation).toMatchObject({ demotedAgent: { id: ids.beta }, movedTokens: 1 });
  expect(await snapshotOrganization(database, twinId)).toEqual(twin);
});

test('a name in one organization is no conflict in the other', async () => {
  await mutate(api, 'renameWorkspace', { orgId: twinId, id: ids.branch, name: 'Taken' });
  await insertRoot(database, twinId, { name: 'Taken' });
  await insertWorkspace(database, twinId, { name: 'Alpha', parentId: agentId });
  await mutate(api, 'renameWorkspace', { orgId, id: ids.alpha, name: 'Taken' });
  await mutate(api, 'createWorkspace', { orgId, name: 'Alpha' });
  await install(api, orgId);
});

test('every field of a workspace is that of its organization, though both are asked for at once', async () => {
  await install(api, orgId);
  await mutate(api, 'removeWorkspace', { orgId: twinId, id: ids.leaf });
  await mutate(api, 'recordHeartbeat', { orgId, workspaceId: ids.branch });
  const selection = `{
    name status organization { id } parent { name organization { id } } root { name }
    ancestors { name organization { id } } descendants { totalCount } children { totalCount } pluginAllowlist { plugin } apiTokens { id }
  }`;
  const data = await api.expectData(
    `{ ours: workspace(orgId: "${orgId}", id: "${ids.branch}") ${selection} theirs: workspace(orgId: "${twinId}", id: "${ids.branch}") ${selection} }`,
  );
  const alphaOf = (id: string) => ({ name: 'Alpha', organization: { id } });
  expect(data).toEqual({
    ours: {
      name: 'Branch',
      status: 'ONLINE',
      organization: { id: orgId },
      parent: alphaOf(orgId),
      root: { name: 'Seeded' },
      ancestors: [alphaOf(orgId), { name: 'Seeded', organization: { id: orgId } }],
      descendants: { totalCount: 1 },
      children: { totalCount: 1 },
      pluginAllowlist: [],
      apiTokens: [],
    },
    theirs: {
      name: 'Branch',
      status: 'OFFLINE',
      organization: { id: twinId },
      parent: alphaOf(twinId),
      root: { name: 'Alpha' },
      ancestors: [alphaOf(twinId)],
      descendants: { totalCount: 0 },
      children: { totalCount: 0 },
      pluginAllowlist: [],
      apiTokens: [],
    },
  });
});

test('a token authenticates for its organization, though the other has one of the same id', async () => {
  await database.query('delete from org_api_tokens where org_id = $1', [orgId]);
  const { token } = await insertToken(database, orgId, ids.beta, { id: ids.token });
  const twin = await snapshotOrganization(database, twinId);
  await install(api, orgId);
  const { viewer } = await api.expectData(
    '{ viewer { organization { id } apiToken { root { id organization { id } } } } }',
    {},
    token,
  );
  expect(viewer).toEqual({
    organization: { id: orgId },
    apiToken: { root: { id: agentId, organization: { id: orgId } } },
  });
  expect(await snapshotOrganization(database, twinId)).toEqual(twin);
});

describe('where the two differ, each goes by its own:', () => {
  const update = (org: string, id: string, set: string) =>
    database.query(`update workspaces set ${set} where org_id = $1 and id = $2`, [org, id]);

  test('a root that is removed here ends its tokens here, and nowhere else', async () => {
    const here = await insertToken(database, orgId, ids.alpha);
    const there = await insertToken(database, twinId, ids.alpha);
    await update(orgId, ids.alpha, `lifecycle = 'removed'`);
    expect((await api.execute('{ viewer { kind } }', {}, here.token)).status).toBe(401);
    await api.expectData('{ viewer { kind } }', {}, there.token);
    await update(orgId, ids.alpha, `lifecycle = 'offline'`);
    await update(twinId, ids.alpha, `lifecycle = 'removed'`);
    await api.expectData('{ viewer { kind } }', {}, here.token);
    expect((await api.execute('{ viewer { kind } }', {}, there.token)).status).toBe(401);
  });

  test('a workspace that is removed here is not heard because it lives there', async () => {
    await update(orgId, ids.leaf, `lifecycle = 'removed'`);
    for (const [mutation, args] of Object.entries({ recordHeartbeat: {}, reportProvisioning: { state: 'FAILED' } })) {
      const { extensions } = await refuse(api, mutation, { orgId, workspaceId: ids.leaf, ...args });
      expect(extensions.code).toBe('WORKSPACE_REMOVED');
    }
    expect(await mutate(api, 'recordHeartbeats', { orgId, heartbeats: [{ workspaceId: ids.leaf }] }, '')).toBe(0);
  });

  test('a heartbeat row that both lack is written here alone', async () => {
    await database.query('delete from workspace_heartbeats where workspace_id = $1', [ids.leaf]);
    const twin = await snapshotOrganization(database, twinId);
    await mutate(api, 'recordHeartbeat', { orgId, workspaceId: ids.leaf });
    expect(await snapshotOrganization(database, twinId)).toEqual(twin);
  });

  test('what is below a workspace there is neither in its way nor removed with it here', async () => {
    for (const id of [ids.branch, ids.leaf]) await update(twinId, id, `parent_id = '${ids.beta}'`);
    await mutate(api, 'moveWorkspace', { orgId, id: ids.beta, parentId: ids.leaf });
    await mutate(api, 'removeWorkspace', { orgId, id: ids.beta, includeDescendants: true });
    expect(await readWorkspace(database, orgId, ids.leaf)).toMatchObject({
      lifecycle: 'offline',
      parentId: ids.branch,
    });
  });

  test('a root that is restricted there restricts nothing here', async () => {
    await update(twinId, ids.alpha, `plugin_policy = 'allow_listed'`);
    await mutate(api, 'moveWorkspace', { orgId, id: ids.alpha, parentId: agentId });
    expect((await readWorkspace(database, orgId, agentId)).pluginPolicy).toBe('allow_all');
  });

  test('a workspace that is removed there breaks no way up here', async () => {
    await update(twinId, ids.alpha, `lifecycle = 'removed'`);
    const document = `{ pluginAllowed(orgId: "${orgId}", workspaceId: "${ids.leaf}", plugin: "search") }`;
    expect(await api.expectData(document)).toEqual({ pluginAllowed: true });
  });
});
