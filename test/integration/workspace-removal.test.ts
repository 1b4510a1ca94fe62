import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readAllowlist, readAnchors, readEvents, readParents, readWorkspace, readWorkspaces } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let alpha: string;
let branch: string;
let leaf: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  alpha = await insertRoot(database, orgId, { name: 'Alpha' });
  branch = await insertWorkspace(database, orgId, { name: 'Branch', parentId: alpha });
  leaf = await insertWorkspace(database, orgId, { name: 'Leaf', parentId: branch });
});

const remove = (id: string, includeDescendants?: boolean) =>
  mutate(api, 'removeWorkspace', { orgId, id, includeDescendants }, '{ status }');
const restore = (id: string) => mutate(api, 'restoreWorkspace', { orgId, id }, '{ status kind parent { id } }');

async function expectRefusal(mutation: string, id: string, extensions: object): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  expect((await refuse(api, mutation, { orgId, id })).extensions).toEqual(extensions);
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

async function expectNoChange(change: () => Promise<unknown>): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  await change();
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

const removedNames = async () =>
  (await readWorkspaces(database, orgId)).filter(({ lifecycle }) => lifecycle === 'removed').map(({ name }) => name);

describe('removeWorkspace', () => {
  test('makes a tombstone, which stays where it was', async () => {
    expect(await remove(leaf)).toEqual({ status: 'REMOVED' });
    expect(await readWorkspace(database, orgId, leaf)).toMatchObject({ lifecycle: 'removed', parentId: branch });
    expect(await readEvents(database, orgId)).toEqual([
      { seq: 1, type: 'workspace.removed', actor: 'operator', subjectId: leaf, data: { removedWorkspaces: [leaf] } },
    ]);
  });

  test('again changes nothing', async () => {
    await remove(leaf);
    await expectNoChange(() => remove(leaf));
  });

  test('refuses to leave live children behind, and says how many', async () => {
    await insertWorkspace(database, orgId, { name: 'Second', parentId: branch });
    await insertWorkspace(database, orgId, { name: 'Gone', parentId: branch, lifecycle: 'removed' });
    await expectRefusal('removeWorkspace', branch, { code: 'HAS_CHILDREN', workspaceId: branch, children: 2 });
  });

  test('takes all below with it when told to, and nothing beside', async () => {
    await insertWorkspace(database, orgId, { name: 'Beside', parentId: alpha });
    await remove(branch, true);
    expect(await removedNames()).toEqual(['Branch', 'Leaf']);
    const [event] = await readEvents(database, orgId);
    expect(event?.data).toEqual({ removedWorkspaces: [branch, leaf].sort() });
  });

  test('of a root revokes the tokens anchored to it, and leaves its entries and the tokens of other roots', async () => {
    const other = await insertRoot(database, orgId);
    const { id: tokenId, token } = await insertToken(database, orgId, alpha);
    const kept = await insertToken(database, orgId, other);
    await insertToken(database, orgId, alpha, { revokedAt: '2026-01-01' });
    await allow(database, orgId, alpha, 'search');
    await remove(alpha, true);
    const revoked = await database.query<{ id: string }>(
      `select id from org_api_tokens where org_id = $1 and revoked_at > '2026-01-02'`,
      [orgId],
    );
    expect(revoked).toEqual([{ id: tokenId }]);
    expect(await readAllowlist(database, orgId)).toMatchObject([{ rootId: alpha }]);
    expect((await api.execute('{ viewer { kind } }', {}, token)).status).toBe(401);
    await api.expectData('{ viewer { kind } }', {}, kept.token);
  });

  test('refuses what is unknown', async () => {
    const id = randomUUID();
    await expectRefusal('removeWorkspace', id, { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: id });
  });
});

describe('restoreWorkspace', () => {
  test('brings back a workspace where it was, offline, and it alone', async () => {
    await remove(alpha, true);
    expect(await restore(alpha)).toEqual({ status: 'OFFLINE', kind: 'WORKSPACE', parent: null });
    expect(await restore(branch)).toEqual({ status: 'OFFLINE', kind: 'WORKSPACE', parent: { id: alpha } });
    expect(await removedNames()).toEqual(['Leaf']);
    expect((await readEvents(database, orgId)).at(-1)).toEqual({
      seq: 3,
      type: 'workspace.restored',
      actor: 'operator',
      subjectId: branch,
      data: { parentId: alpha },
    });
  });

  test('changes nothing of what is not removed', async () => {
    await database.query(`update workspaces set lifecycle = 'failed' where org_id = $1 and id = $2`, [orgId, leaf]);
    await expectNoChange(() => restore(leaf));
  });

  test('leaves revoked tokens revoked', async () => {
    const { token } = await insertToken(database, orgId, alpha);
    await remove(alpha, true);
    await restore(alpha);
    expect((await api.execute('{ viewer { kind } }', {}, token)).status).toBe(401);
  });

  test('refuses what would hang on a tombstone, and names it', async () => {
    await remove(alpha, true);
    await expectRefusal('restoreWorkspace', leaf, { code: 'WORKSPACE_REMOVED', workspaceId: branch });
  });

  test('refuses a name that has been taken meanwhile', async () => {
    await remove(leaf);
    const taker = await insertWorkspace(database, orgId, { name: 'Leaf', parentId: branch });
    await expectRefusal('restoreWorkspace', leaf, { code: 'NAME_CONFLICT', name: 'Leaf', workspaceId: taker });
  });

  test('refuses what is unknown', async () => {
    const id = randomUUID();
    await expectRefusal('restoreWorkspace', id, { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: id });
  });

  test('puts a former root under the agent, which gets its tokens, its entries and its restriction', async () => {
    const former = await insertRoot(database, orgId, {
      name: 'Former',
      lifecycle: 'removed',
      pluginPolicy: 'allow_listed',
    });
    const { id: tokenId } = await insertToken(database, orgId, former);
    await allow(database, orgId, former, 'search', { by: 'ada', at: '2026-01-02 03:04:05.678901+00' });
    await allow(database, orgId, former, 'browser', { by: 'ada' });
    await allow(database, orgId, alpha, 'browser', { by: 'zoe' });
    const { id: agentId } = await install(api, orgId);

    expect(await restore(former)).toEqual({ status: 'OFFLINE', kind: 'WORKSPACE', parent: { id: agentId } });
    expect(await readAnchors(database, orgId)).toEqual({ [tokenId]: agentId });
    expect(await readAllowlist(database, orgId)).toMatchObject([
      { rootId: agentId, plugin: 'browser', by: 'zoe' },
      { rootId: agentId, plugin: 'search', by: 'ada', at: '2026-01-02 03:04:05.678901' },
    ]);
    expect((await readWorkspace(database, orgId, agentId)).pluginPolicy).toBe('allow_listed');
    expect((await readEvents(database, orgId)).at(-1)?.data).toEqual({
      parentId: agentId,
      movedTokens: 1,
      mergedPlugins: ['search'],
      duplicatePlugins: ['browser'],
    });
  });

  test('refuses a former root whose name a child of the agent has', async () => {
    const former = await insertRoot(database, orgId, { name: 'Alpha', lifecycle: 'removed' });
    await install(api, orgId);
    await expectRefusal('restoreWorkspace', former, { code: 'NAME_CONFLICT', name: 'Alpha', workspaceId: alpha });
  });

  test('puts a former platform agent of another id under the agent, as a workspace', async () => {
    const former = await insertPlatformAgent(database, orgId, { id: randomUUID(), name: 'Old', lifecycle: 'removed' });
    const { id: agentId } = await install(api, orgId);
    expect(await restore(former)).toEqual({ status: 'OFFLINE', kind: 'WORKSPACE', parent: { id: agentId } });
    expect(await readWorkspace(database, orgId, former)).toMatchObject({ kind: 'workspace', tier: 1 });
  });

  test('brings the agent of an installed organization back as its root, before any former root', async () => {
    const former = await insertRoot(database, orgId, { name: 'Former', lifecycle: 'removed' });
    const { id: agentId } = await install(api, orgId);
    await remove(agentId, true);
    expect(agentId).toBe(platformAgentId(orgId));
    await expectRefusal('restoreWorkspace', former, { code: 'WORKSPACE_REMOVED', workspaceId: agentId });
    expect(await restore(agentId)).toEqual({ status: 'OFFLINE', kind: 'PLATFORM', parent: null });
    await restore(former);
    expect(await readParents(database, orgId)).toMatchObject({ 'Acme Agent': null, Former: agentId, Alpha: agentId });
  });
});
