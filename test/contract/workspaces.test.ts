import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import {
  CreateWorkspaceDocument,
  MoveWorkspaceDocument,
  RemoveWorkspaceDocument,
  RenameWorkspaceDocument,
  RestoreWorkspaceDocument,
  WorkspaceChildrenDocument,
  WorkspaceDescendantsDocument,
  WorkspaceDocument,
} from '../generated/documents.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertPlatformAgent, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { createContractApi } from './operations.ts';

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);
const api = createContractApi(database, 'workspaces');

const orgId = randomUUID();
const agentId = platformAgentId(orgId);
const agent = { id: agentId, name: 'Acme Agent' };
beforeAll(async () => {
  await insertOrganization(database, { id: orgId, openRoots: false });
  await insertPlatformAgent(database, orgId);
});

const insert = (name: string, parentId = agentId) => insertWorkspace(database, orgId, { name, parentId });
const stored = async (id: string) => {
  const columns = 'parent_id, name, kind, tier, runtime, lifecycle, plugin_policy';
  const [row] = await database.query(`select ${columns} from workspaces where org_id = $1 and id = $2`, [orgId, id]);
  return row;
};
const eventsOf = async (id: string) => {
  const rows = await database.query('select type, actor, data from org_events where org_id = $1 and subject_id = $2', [
    orgId,
    id,
  ]);
  return rows;
};

test('a workspace is created under the platform agent, and the same call again returns the same', async () => {
  const id = randomUUID();
  const { createWorkspace } = await api.run(CreateWorkspaceDocument, { orgId, id, name: 'Research', runtime: 'codex' });
  expect(createWorkspace).toEqual({
    id,
    name: 'Research',
    kind: 'WORKSPACE',
    status: 'OFFLINE',
    statusMessage: 'No heartbeat has been received yet.',
    lastHeartbeatAt: null,
    runtime: 'codex',
    tier: 1,
    pluginPolicy: 'ALLOW_ALL',
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
    organization: { id: orgId },
    parentId: agentId,
    parent: agent,
    root: agent,
    ancestors: [agent],
  });
  expect(
    (await api.run(CreateWorkspaceDocument, { orgId, id, name: 'Research', runtime: 'codex' })).createWorkspace,
  ).toEqual(createWorkspace);
  expect(await stored(id)).toEqual({
    parent_id: agentId,
    name: 'Research',
    kind: 'workspace',
    tier: 1,
    runtime: 'codex',
    lifecycle: 'offline',
    plugin_policy: 'allow_all',
  });
  expect(await eventsOf(id)).toMatchObject([{ type: 'workspace.created', actor: 'operator' }]);
  const beats = await database.query('select last_seen_at from workspace_heartbeats where workspace_id = $1', [id]);
  expect(beats).toEqual([{ last_seen_at: null }]);
});

test('a workspace is created as a root while there is no platform agent', async () => {
  const open = await insertOrganization(database);
  const { createWorkspace } = await api.run(CreateWorkspaceDocument, { orgId: open, name: 'First' });
  const { id } = createWorkspace;
  expect(createWorkspace).toMatchObject({
    parentId: null,
    parent: null,
    root: { id, name: 'First' },
    ancestors: [],
    runtime: 'claude-code',
  });
});

test('a workspace is read with its place in the tree and what is anchored to it', async () => {
  await allow(database, orgId, agentId, 'search');
  const { id: tokenId } = await insertToken(database, orgId, agentId);
  const parent = await insert('Team');
  const id = await insert('Member', parent);

  const { workspace } = await api.run(WorkspaceDocument, { orgId, id });
  expect(workspace).toMatchObject({
    id,
    parent: { id: parent, name: 'Team' },
    root: agent,
    ancestors: [{ id: parent, name: 'Team' }, agent],
    pluginAllowlist: [],
    apiTokens: [],
  });
  const { workspace: root } = await api.run(WorkspaceDocument, { orgId, id: agentId });
  expect(root).toMatchObject({ kind: 'PLATFORM', parent: null, root: agent, ancestors: [] });
  expect(root).toMatchObject({ pluginAllowlist: [{ plugin: 'search', root: agent }], apiTokens: [{ id: tokenId }] });
  expect(await api.run(WorkspaceDocument, { orgId, id: neighbour.childId })).toEqual({ workspace: null });
});

test('children are paged by name, removed ones only on request', async () => {
  const parent = await insert('Siblings');
  for (const name of ['c', 'a', 'b']) await insert(name, parent);
  await insertWorkspace(database, orgId, { parentId: parent, name: 'd', lifecycle: 'removed' });
  const page = async (variables: object) => {
    const { workspace } = await api.run(WorkspaceChildrenDocument, {
      orgId,
      id: parent,
      includeRemoved: false,
      ...variables,
    });
    return { ...workspace?.children, names: workspace?.children.edges.map(({ node }) => node.name) };
  };
  const first = await page({ first: 2 });
  expect(first).toMatchObject({
    totalCount: 3,
    names: ['a', 'b'],
    pageInfo: { hasNextPage: true, hasPreviousPage: false },
  });
  const second = await page({ first: 2, after: first.pageInfo?.endCursor });
  expect(second).toMatchObject({ names: ['c'], pageInfo: { hasNextPage: false } });
  expect((await page({ last: 1, before: second.pageInfo?.startCursor })).names).toEqual(['b']);
  expect(await page({ includeRemoved: true })).toMatchObject({ totalCount: 4, names: ['a', 'b', 'c', 'd'] });
});

test('descendants come in the order in which a tree is shown, page by page', async () => {
  const top = await insert('Top');
  const beta = await insert('Beta', top);
  await insert('Beta child', beta);
  await insert('Alpha', top);
  const page = async (variables: object) => {
    const { workspace } = await api.run(WorkspaceDescendantsDocument, { orgId, id: top, ...variables });
    return { ...workspace?.descendants, names: workspace?.descendants.edges.map(({ node }) => node.name) };
  };
  expect(await page({})).toMatchObject({ totalCount: 3, names: ['Alpha', 'Beta', 'Beta child'] });
  const first = await page({ first: 2 });
  expect(first).toMatchObject({ totalCount: 3, names: ['Alpha', 'Beta'], pageInfo: { hasNextPage: true } });
  const second = await page({ first: 2, after: first.pageInfo?.endCursor });
  expect(second).toMatchObject({ names: ['Beta child'], pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  await insertWorkspace(database, orgId, { parentId: top, name: 'Gone', lifecycle: 'removed' });
  expect(await page({ includeRemoved: true })).toMatchObject({ totalCount: 4 });
});

test('a workspace moves with all below it', async () => {
  const [from, to] = [await insert('From'), await insert('To')];
  const id = await insert('Mover', from);
  const below = await insert('Below', id);
  const { moveWorkspace } = await api.run(MoveWorkspaceDocument, { orgId, id, parentId: to });
  expect(moveWorkspace).toMatchObject({
    id,
    parent: { id: to, name: 'To' },
    ancestors: [{ id: to, name: 'To' }, agent],
  });
  expect(await stored(id)).toMatchObject({ parent_id: to });
  expect(await stored(below)).toMatchObject({ parent_id: id });
  expect(await eventsOf(id)).toMatchObject([{ type: 'workspace.moved', data: { fromParentId: from, toParentId: to } }]);
});

test('a workspace is renamed', async () => {
  const id = await insert('Old name');
  const { renameWorkspace } = await api.run(RenameWorkspaceDocument, { orgId, id, name: ' New name ' });
  expect(renameWorkspace).toMatchObject({ id, name: 'New name' });
  expect(await stored(id)).toMatchObject({ name: 'New name' });
  expect(await eventsOf(id)).toMatchObject([{ type: 'workspace.renamed', data: { from: 'Old name', to: 'New name' } }]);
});

test('a removed workspace stays as a tombstone until it is restored', async () => {
  const parent = await insert('Department');
  const id = await insert('Employee', parent);
  const { removeWorkspace } = await api.run(RemoveWorkspaceDocument, { orgId, id: parent, includeDescendants: true });
  expect(removeWorkspace).toMatchObject({ id: parent, status: 'REMOVED' });
  expect(await stored(parent)).toMatchObject({ lifecycle: 'removed', name: 'Department' });
  expect(await stored(id)).toMatchObject({ lifecycle: 'removed' });
  expect((await api.run(WorkspaceDocument, { orgId, id })).workspace).toMatchObject({ status: 'REMOVED' });

  const { restoreWorkspace } = await api.run(RestoreWorkspaceDocument, { orgId, id: parent });
  expect(restoreWorkspace).toMatchObject({ id: parent, status: 'OFFLINE', parent: agent });
  expect(await stored(parent)).toMatchObject({ lifecycle: 'offline' });
  expect(await stored(id), 'it alone comes back').toMatchObject({ lifecycle: 'removed' });
  const types = (await eventsOf(parent)).map(({ type }) => type);
  expect(types).toEqual(['workspace.removed', 'workspace.restored']);
});

test('a workspace without children is removed without further ado', async () => {
  const id = await insert('Leaf');
  const { removeWorkspace } = await api.run(RemoveWorkspaceDocument, { orgId, id });
  expect(removeWorkspace).toMatchObject({ status: 'REMOVED', statusMessage: null });
});

test('every operation of workspaces.graphql was run', api.expectAllWereRun);
