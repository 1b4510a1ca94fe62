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
  setHeartbeat,
} from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readAllowlist, readAnchors, readOrganization, readParents, readWorkspace } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let agentId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
});

/** A row under the agent's id, which a control plane wrote before the install. */
const own = {
  name: 'Seeded',
  runtime: 'other-runtime',
  tier: 2,
  lifecycle: 'failed',
  lifecycleAt: '2026-01-02 03:04:05.678901+00',
  lifecycleMessage: 'No quota',
} as const;

/** It became the agent, and kept what was its own. */
async function expectPromoted(): Promise<void> {
  expect(await readWorkspace(database, orgId, agentId)).toMatchObject({
    parentId: null,
    kind: 'platform',
    tier: 0,
    name: own.name,
    runtime: own.runtime,
    lifecycle: own.lifecycle,
    lifecycleMessage: own.lifecycleMessage,
  });
  const unchanged = await database.query(
    `select lifecycle_at = $3::timestamptz as same from workspaces where org_id = $1 and id = $2`,
    [orgId, agentId, own.lifecycleAt],
  );
  expect(unchanged).toEqual([{ same: true }]);
  expect(await readOrganization(database, orgId)).toMatchObject({ openRoots: false });
}

describe("a row that has the agent's id before the install", () => {
  test('as a root keeps its name, lifecycle and runtime, its children, tokens and entries', async () => {
    await insertRoot(database, orgId, { id: agentId, ...own });
    await insertRoot(database, orgId, { name: 'Alpha' });
    const child = await insertWorkspace(database, orgId, { name: 'Child', parentId: agentId });
    await insertWorkspace(database, orgId, { name: 'Grandchild', parentId: child });
    const { id: tokenId } = await insertToken(database, orgId, agentId);
    await allow(database, orgId, agentId, 'search', { by: 'ada', at: '2026-01-01' });

    expect(await install(api, orgId, { name: 'Another' })).toMatchObject({
      name: 'Seeded',
      runtime: 'other-runtime',
      tier: 0,
      status: 'FAILED',
      installation: { adoptedWorkspaceCount: 1, movedTokens: 0, mergedPlugins: [] },
    });
    await expectPromoted();
    expect(await readParents(database, orgId)).toEqual({
      Seeded: null,
      Alpha: agentId,
      Child: agentId,
      Grandchild: child,
    });
    expect(await readAnchors(database, orgId)).toEqual({ [tokenId]: agentId });
    expect(await readAllowlist(database, orgId)).toMatchObject([{ rootId: agentId, plugin: 'search', by: 'ada' }]);
  });

  test('as a child of an old root comes up to be its parent, with what is below it', async () => {
    const rootId = await insertRoot(database, orgId, { name: 'Alpha' });
    await insertWorkspace(database, orgId, { id: agentId, parentId: rootId, ...own });
    await insertWorkspace(database, orgId, { name: 'Sibling', parentId: rootId });
    await insertWorkspace(database, orgId, { name: 'Child', parentId: agentId });
    const { id: tokenId } = await insertToken(database, orgId, rootId);

    await install(api, orgId);
    await expectPromoted();
    expect(await readParents(database, orgId)).toEqual({
      Seeded: null,
      Alpha: agentId,
      Child: agentId,
      Sibling: rootId,
    });
    expect(await readAnchors(database, orgId)).toEqual({ [tokenId]: agentId });
  });

  test('as a grandchild of an old root leaves the branch between them without it', async () => {
    const rootId = await insertRoot(database, orgId, { name: 'Alpha' });
    const branchId = await insertWorkspace(database, orgId, { name: 'Branch', parentId: rootId });
    await insertWorkspace(database, orgId, { id: agentId, parentId: branchId, ...own });
    await insertWorkspace(database, orgId, { name: 'Child', parentId: agentId });

    await install(api, orgId);
    await expectPromoted();
    expect(await readParents(database, orgId)).toEqual({
      Seeded: null,
      Alpha: agentId,
      Branch: rootId,
      Child: agentId,
    });
  });

  test('as a child of a removed root is freed from it, and the removed root stays', async () => {
    const rootId = await insertRoot(database, orgId, { name: 'Gone', lifecycle: 'removed' });
    await insertWorkspace(database, orgId, { id: agentId, parentId: rootId, ...own });
    await install(api, orgId);
    await expectPromoted();
    expect(await readParents(database, orgId)).toEqual({ Seeded: null, Gone: null });
  });

  test('as a platform agent in an organization that is open still adopts the other roots', async () => {
    await insertPlatformAgent(database, orgId, { ...own, tier: 0 });
    await insertRoot(database, orgId, { name: 'Alpha' });
    expect(await install(api, orgId)).toMatchObject({ installation: { adoptedWorkspaceCount: 1, demotedAgent: null } });
    await expectPromoted();
    expect(await readParents(database, orgId)).toEqual({ Seeded: null, Alpha: agentId });
  });

  test('as the agent of a closed organization, imported so, is installed already', async () => {
    orgId = await insertOrganization(database, { openRoots: false });
    await insertPlatformAgent(database, orgId, { name: 'Imported', pluginPolicy: 'allow_listed' });
    expect(await install(api, orgId)).toMatchObject({ name: 'Imported', installation: null });
    expect(await readOrganization(database, orgId)).toMatchObject({ openRoots: false, eventSeq: 0 });
  });

  test('that is alive says so, and goes on being heard', async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Seeded' });
    await database.query(`update workspaces set lifecycle_at = now() - interval '1 hour' where org_id = $1`, [orgId]);
    await setHeartbeat(database, orgId, agentId, { secondsAgo: 1, health: 'degraded' });
    expect(await install(api, orgId)).toMatchObject({ status: 'DEGRADED' });
  });

  test('without a heartbeat row gets one', async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Seeded', heartbeat: false });
    expect(await install(api, orgId)).toMatchObject({ status: 'OFFLINE' });
    expect(await database.query('select workspace_id from workspace_heartbeats where org_id = $1', [orgId])).toEqual([
      { workspace_id: agentId },
    ]);
  });

  test('as a removed child of a live root is a tombstone, and nothing changes until it is restored', async () => {
    const rootId = await insertRoot(database, orgId, { name: 'Alpha' });
    await insertWorkspace(database, orgId, { id: agentId, parentId: rootId, name: 'Seeded', lifecycle: 'removed' });
    expect(await install(api, orgId)).toMatchObject({ status: 'REMOVED', installation: null });
    expect(await readParents(database, orgId)).toEqual({ Alpha: null, Seeded: rootId });

    await api.expectData('mutation ($orgId: ID!, $id: ID!) { restoreWorkspace(orgId: $orgId, id: $id) { id } }', {
      orgId,
      id: agentId,
    });
    expect(await install(api, orgId)).toMatchObject({ name: 'Seeded', status: 'OFFLINE' });
    expect(await readParents(database, orgId)).toEqual({ Seeded: null, Alpha: agentId });
  });
});

test("the agent's id in another organization is a workspace like any other", async () => {
  const otherId = await insertOrganization(database);
  await insertRoot(database, otherId, { id: agentId, name: 'Foreign' });
  await install(api, orgId);
  expect(await readParents(database, otherId)).toEqual({ Foreign: null });
  expect(await readOrganization(database, otherId)).toMatchObject({ openRoots: true });
});
