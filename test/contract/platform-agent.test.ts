import { expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import {
  InstallPlatformAgentDocument,
  PlatformAgentChildrenDocument,
  PlatformAgentDocument,
  PlatformAgentPreviewDocument,
} from '../generated/documents.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { createContractApi } from './operations.ts';

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);
const api = createContractApi(database, 'platform-agent');

test('before the install there is no platform agent', async () => {
  expect(await api.run(PlatformAgentDocument, { orgId: neighbour.orgId })).toEqual({ platformAgent: null });
});

test('an install answers with the agent, what it adopted and what it merged, and stores just that', async () => {
  const orgId = await insertOrganization(database, { name: 'Acme Robotics' });
  const alpha = await insertRoot(database, orgId, { name: 'Alpha' });
  const beta = await insertRoot(database, orgId, { name: 'Beta', pluginPolicy: 'allow_listed' });
  await allow(database, orgId, alpha, 'search', { by: 'late', at: '2026-02-01T00:00:00Z' });
  await allow(database, orgId, beta, 'search', { by: 'early', at: '2026-01-01T00:00:00Z' });
  const { id: tokenId } = await insertToken(database, orgId, beta);
  const id = platformAgentId(orgId);
  const adopted = [alpha, beta].sort().map((root) => ({ id: root, name: root === alpha ? 'Alpha' : 'Beta' }));

  const { installPlatformAgent: agent } = await api.run(InstallPlatformAgentDocument, { orgId });
  expect(agent).toEqual({
    id,
    name: 'Acme Robotics Agent',
    kind: 'PLATFORM',
    status: 'OFFLINE',
    statusMessage: 'No heartbeat has been received yet.',
    lastHeartbeatAt: null,
    runtime: 'claude-code',
    tier: 0,
    pluginPolicy: 'ALLOW_LISTED',
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
    organization: { id: orgId, name: 'Acme Robotics', installed: true, createdAt: expect.any(String) },
    children: {
      totalCount: 2,
      edges: [
        { node: expect.objectContaining({ id: alpha, name: 'Alpha', kind: 'WORKSPACE' }) },
        { node: expect.objectContaining({ id: beta, name: 'Beta', kind: 'WORKSPACE' }) },
      ],
    },
    pluginAllowlist: [
      {
        plugin: 'search',
        enabledBy: 'early',
        enabledAt: '2026-01-01T00:00:00.000Z',
        root: { id, name: 'Acme Robotics Agent' },
      },
    ],
    apiTokens: [expect.objectContaining({ id: tokenId, root: { id, name: 'Acme Robotics Agent' } })],
    installation: {
      installedAt: expect.any(String),
      installedBy: 'operator',
      adoptedWorkspaces: adopted,
      adoptedWorkspaceCount: 2,
      demotedAgent: null,
      movedTokens: 1,
      mergedPlugins: ['search'],
      duplicatePlugins: ['search'],
      previouslyOpenRoots: [{ id: alpha, name: 'Alpha' }],
    },
  });

  expect(await database.query('select open_roots from organizations where id = $1', [orgId])).toEqual([
    { open_roots: false },
  ]);
  const workspaces = 'select id, parent_id, kind, name from workspaces where org_id = $1 order by name';
  expect(await database.query(workspaces, [orgId])).toEqual([
    { id, parent_id: null, kind: 'platform', name: 'Acme Robotics Agent' },
    { id: alpha, parent_id: id, kind: 'workspace', name: 'Alpha' },
    { id: beta, parent_id: id, kind: 'workspace', name: 'Beta' },
  ]);
  const anchors =
    'select root_id from org_api_tokens where org_id = $1 union all select root_id from org_plugin_allowlist where org_id = $1';
  expect(await database.query(anchors, [orgId])).toEqual([{ root_id: id }, { root_id: id }]);

  const before = await snapshotOrganization(database, orgId);
  const again = await api.run(InstallPlatformAgentDocument, { orgId, name: 'Another name' });
  expect(again.installPlatformAgent).toEqual(agent);
  const { platformAgent } = await api.run(PlatformAgentDocument, { orgId });
  expect(platformAgent).toMatchObject({ ...agent, workspace: { id, kind: 'PLATFORM', parent: null } });
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
});

test('a preview tells what the install would do, and changes nothing', async () => {
  const orgId = await insertOrganization(database, { name: 'Acme Robotics' });
  const alpha = { id: await insertRoot(database, orgId, { name: 'Alpha' }), name: 'Alpha' };
  const betaId = await insertRoot(database, orgId, { name: 'Beta', pluginPolicy: 'allow_listed' });
  const beta = { id: betaId, name: 'Beta' };
  await allow(database, orgId, alpha.id, 'search', { by: 'late', at: '2026-02-01T00:00:00Z' });
  await allow(database, orgId, beta.id, 'search', { by: 'early', at: '2026-01-01T00:00:00Z' });
  await insertToken(database, orgId, alpha.id);
  const before = await snapshotOrganization(database, orgId);

  const { platformAgentPreview } = await api.run(PlatformAgentPreviewDocument, { orgId });
  expect(platformAgentPreview).toEqual({
    agentId: platformAgentId(orgId),
    agentName: 'Acme Robotics Agent',
    outcome: 'INSTALLS',
    conflict: null,
    pluginPolicy: 'ALLOW_LISTED',
    restrictedRoots: [alpha],
    allowlist: [
      {
        plugin: 'search',
        enabledBy: 'early',
        enabledAt: '2026-01-01T00:00:00.000Z',
        root: beta,
        duplicates: [{ enabledBy: 'late', enabledAt: '2026-02-01T00:00:00.000Z', root: alpha }],
      },
    ],
    adoptedWorkspaces: [alpha, beta].sort((one, other) => (one.id < other.id ? -1 : 1)),
    adoptedWorkspaceCount: 2,
    demotedAgent: null,
    movedTokens: 1,
    mergedPlugins: ['search'],
    duplicatePlugins: ['search'],
    previouslyOpenRoots: [alpha],
  });

  const refused = await api.run(PlatformAgentPreviewDocument, { orgId, name: 'Beta' });
  expect(refused.platformAgentPreview).toMatchObject({
    outcome: 'CONFLICT',
    conflict: {
      code: 'NAME_CONFLICT',
      message: `Workspace ${beta.id} already bears the name "Beta". Rename that workspace, or pass another name for the platform agent.`,
      name: 'Beta',
      workspace: beta,
      adoptedWorkspace: null,
      anotherNameHelps: true,
    },
  });
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
});

test('the caller may name the agent, and is named as the one who installed it', async () => {
  const orgId = await insertOrganization(database);
  const { id: tokenId, token } = await insertToken(database, orgId, await insertRoot(database, orgId));
  const { installPlatformAgent } = await api.run(InstallPlatformAgentDocument, { orgId, name: 'Concierge' }, token);
  expect(installPlatformAgent).toMatchObject({ name: 'Concierge', installation: { installedBy: `token:${tokenId}` } });
});

test('a platform agent of another id is reported as demoted', async () => {
  const orgId = await insertOrganization(database);
  const old = await insertRoot(database, orgId, { name: 'Old agent', kind: 'platform' });
  const { installPlatformAgent } = await api.run(InstallPlatformAgentDocument, { orgId });
  expect(installPlatformAgent.installation).toMatchObject({
    demotedAgent: { id: old, name: 'Old agent', kind: 'WORKSPACE' },
    adoptedWorkspaces: [{ id: old }],
  });
});

test('an agent that no install has made the root has no installation', async () => {
  const orgId = await insertOrganization(database);
  const id = await insertPlatformAgent(database, orgId);
  const { platformAgent } = await api.run(PlatformAgentDocument, { orgId });
  expect(platformAgent).toMatchObject({ id, installation: null, organization: { installed: false } });
});

test('the children of the agent are paged by name, removed ones only on request', async () => {
  const orgId = await insertOrganization(database, { openRoots: false });
  const parentId = await insertPlatformAgent(database, orgId);
  for (const name of ['C', 'A', 'B']) await insertWorkspace(database, orgId, { parentId, name });
  await insertWorkspace(database, orgId, { parentId, name: 'Gone', lifecycle: 'removed' });
  const page = async (variables: object) => {
    const { platformAgent } = await api.run(PlatformAgentChildrenDocument, {
      orgId,
      includeRemoved: false,
      ...variables,
    });
    const children = platformAgent?.children;
    return { ...children, names: children?.edges.map(({ node }) => node.name) };
  };
  const first = await page({ first: 2 });
  expect(first).toMatchObject({ totalCount: 3, names: ['A', 'B'], pageInfo: { hasNextPage: true } });
  expect(await page({ first: 2, after: first.pageInfo?.endCursor })).toMatchObject({ names: ['C'] });
  expect(await page({ includeRemoved: true })).toMatchObject({ totalCount: 4, names: ['A', 'B', 'C', 'Gone'] });
  const last = await page({ last: 1 });
  expect(last.names).toEqual(['C']);
  expect(await page({ last: 1, before: last.pageInfo?.startCursor })).toMatchObject({ names: ['B'] });
});

test('every operation of platform-agent.graphql was run', api.expectAllWereRun);
