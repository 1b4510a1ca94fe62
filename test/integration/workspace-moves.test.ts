import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readAllowlist, readAnchors, readEvents, readParents, readWorkspace } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let alpha: string;
let beta: string;
let branch: string;
let leaf: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  alpha = await insertRoot(database, orgId, { name: 'Alpha' });
  beta = await insertRoot(database, orgId, { name: 'Beta' });
  branch = await insertWorkspace(database, orgId, { name: 'Branch', parentId: alpha });
  leaf = await insertWorkspace(database, orgId, { name: 'Leaf', parentId: branch });
});

const move = (id: string, parentId: string) =>
  mutate(api, 'moveWorkspace', { orgId, id, parentId }, '{ parent { id } }');

async function expectRefusal(id: string, parentId: string, extensions: object): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  const error = await refuse(api, 'moveWorkspace', { orgId, id, parentId });
  expect(error.extensions).toEqual(extensions);
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

test('a branch moves with what is below it, and the move is told', async () => {
  expect(await move(branch, beta)).toEqual({ parent: { id: beta } });
  expect(await readParents(database, orgId)).toEqual({ Alpha: null, Beta: null, Branch: beta, Leaf: branch });
  expect(await readEvents(database, orgId)).toEqual([
    {
      seq: 1,
      type: 'workspace.moved',
      actor: 'operator',
      subjectId: branch,
      data: { fromParentId: alpha, toParentId: beta },
    },
  ]);
});

test('a move to where it is changes nothing', async () => {
  const before = await snapshotOrganization(database, orgId);
  await move(branch, alpha);
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
});

test('a workspace moves neither onto itself nor below itself', async () => {
  await expectRefusal(branch, branch, { code: 'WOULD_CYCLE', workspaceId: branch, parentId: branch });
  await expectRefusal(branch, leaf, { code: 'WOULD_CYCLE', workspaceId: branch, parentId: leaf });
  await expectRefusal(alpha, leaf, { code: 'WOULD_CYCLE', workspaceId: alpha, parentId: leaf });
  await move(leaf, alpha);
  await move(branch, leaf);
});

test('the platform agent does not move', async () => {
  const { id } = await install(api, orgId);
  await expectRefusal(id, alpha, { code: 'PLATFORM_AGENT_IMMOVABLE', workspaceId: id });
  await expectRefusal(id, id, { code: 'PLATFORM_AGENT_IMMOVABLE', workspaceId: id });
});

test('nothing removed moves, and nothing moves below what is removed', async () => {
  const removed = await insertRoot(database, orgId, { lifecycle: 'removed' });
  await expectRefusal(removed, alpha, { code: 'WORKSPACE_REMOVED', workspaceId: removed });
  await expectRefusal(beta, removed, { code: 'WORKSPACE_REMOVED', workspaceId: removed });
});

test('nothing moves out of its organization, and nothing unknown moves', async () => {
  for (const id of [randomUUID(), neighbour.rootIds[0]]) {
    await expectRefusal(leaf, id, { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: id });
    await expectRefusal(id, alpha, { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: id });
  }
});

test('a name that a live child of the new parent bears is refused, and that of a removed child is not', async () => {
  const namesake = await insertWorkspace(database, orgId, { name: 'Leaf', parentId: alpha });
  await expectRefusal(leaf, alpha, { code: 'NAME_CONFLICT', name: 'Leaf', workspaceId: namesake });
  await mutate(api, 'removeWorkspace', { orgId, id: namesake });
  await move(leaf, alpha);
});

describe('a root that becomes a branch', () => {
  test('hands its tokens and entries to the root above it, however deep it goes, with their provenance', async () => {
    const { id: tokenId, token } = await insertToken(database, orgId, beta);
    const { id: otherId } = await insertToken(database, orgId, alpha);
    await allow(database, orgId, beta, 'search', { by: 'ada', at: '2026-01-02 03:04:05.678901+00' });

    await move(beta, leaf);
    expect(await readParents(database, orgId)).toEqual({ Alpha: null, Beta: leaf, Branch: alpha, Leaf: branch });
    expect(await readAnchors(database, orgId)).toEqual({ [tokenId]: alpha, [otherId]: alpha });
    expect(await readAllowlist(database, orgId)).toEqual([
      { rootId: alpha, plugin: 'search', by: 'ada', at: '2026-01-02 03:04:05.678901' },
    ]);
    expect(await readEvents(database, orgId)).toMatchObject([
      {
        data: { fromParentId: null, toParentId: leaf, movedTokens: 1, mergedPlugins: ['search'], duplicatePlugins: [] },
      },
    ]);
    await api.expectData('{ viewer { kind } }', {}, token);
  });

  test('yields to the entries that the new root has, though they are later', async () => {
    await allow(database, orgId, alpha, 'search', { by: 'zoe', at: '2026-01-02' });
    await allow(database, orgId, beta, 'search', { by: 'ada', at: '2026-01-01' });
    await allow(database, orgId, beta, 'browser', { by: 'ada' });
    await move(beta, branch);
    expect(await readAllowlist(database, orgId)).toMatchObject([
      { rootId: alpha, plugin: 'browser', by: 'ada' },
      { rootId: alpha, plugin: 'search', by: 'zoe' },
    ]);
    expect(await readEvents(database, orgId)).toMatchObject([
      { data: { mergedPlugins: ['browser'], duplicatePlugins: ['search'] } },
    ]);
  });

  test.each([
    ['allow_listed', 'allow_all', 'allow_listed'],
    ['allow_all', 'allow_listed', 'allow_listed'],
    ['allow_all', 'allow_all', 'allow_all'],
  ] as const)('of policy %s below a root of policy %s leaves that root with %s', async (moved, above, after) => {
    const top = await insertRoot(database, orgId, { pluginPolicy: above });
    const id = await insertRoot(database, orgId, { pluginPolicy: moved });
    await move(id, top);
    expect((await readWorkspace(database, orgId, top)).pluginPolicy).toBe(after);
  });
});
