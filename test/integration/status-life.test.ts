import { beforeEach, expect, test } from 'vitest';
import type { Config } from '../../src/config.ts';
import { writeStatusWindows } from '../../src/database/status-windows.ts';
import { createLogger } from '../../src/logger.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace, setHeartbeat } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let id: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  id = await insertRoot(database, orgId);
});

const beat = (workspaceId: string, health = 'HEALTHY') =>
  api.execute(
    `mutation ($orgId: ID!, $workspaceId: ID!, $health: WorkspaceHealth) {
      recordHeartbeat(orgId: $orgId, workspaceId: $workspaceId, health: $health, message: "Here") { status statusMessage lastHeartbeatAt }
    }`,
    { orgId, workspaceId, health },
  );
const act = async (mutation: string, workspaceId: string) => {
  const data = await api.expectData(
    `mutation ($orgId: ID!, $id: ID!) { result: ${mutation}(orgId: $orgId, id: $id) { status lastHeartbeatAt } }`,
    { orgId, id: workspaceId },
  );
  return data.result.status;
};

test('a workspace is offline, online when heard, offline when silent, removed, offline when restored, and online again', async () => {
  const { workspace } = await api.expectData(
    'query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) { status lastHeartbeatAt } }',
    { orgId, id },
  );
  expect(workspace).toEqual({ status: 'OFFLINE', lastHeartbeatAt: null });

  expect((await beat(id)).data).toMatchObject({ recordHeartbeat: { status: 'ONLINE', statusMessage: 'Here' } });
  expect((await beat(id, 'DEGRADED')).data).toMatchObject({ recordHeartbeat: { status: 'DEGRADED' } });

  await database.query(`update workspaces set lifecycle_at = now() - interval '1 hour' where org_id = $1`, [orgId]);
  await setHeartbeat(database, orgId, id, { secondsAgo: 100 });
  const silent = await api.expectData(
    'query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) { status } }',
    { orgId, id },
  );
  expect(silent.workspace.status).toBe('OFFLINE');

  await beat(id);
  expect(await act('removeWorkspace', id)).toBe('REMOVED');
  expect((await beat(id)).errors).toMatchObject([{ extensions: { code: 'WORKSPACE_REMOVED', workspaceId: id } }]);
  // It was heard a moment ago, but before the restore.
  expect(await act('restoreWorkspace', id)).toBe('OFFLINE');
  expect((await beat(id)).data).toMatchObject({ recordHeartbeat: { status: 'ONLINE' } });
});

test('a report of provisioning counts until a heartbeat comes', async () => {
  const report = async (state: string, message: string) => {
    const data = await api.expectData(
      `mutation ($orgId: ID!, $workspaceId: ID!, $state: ProvisioningState!, $message: String) {
        reportProvisioning(orgId: $orgId, workspaceId: $workspaceId, state: $state, message: $message) { status statusMessage }
      }`,
      { orgId, workspaceId: id, state, message },
    );
    return data.reportProvisioning;
  };
  expect(await report('PROVISIONING', 'Pulling')).toEqual({ status: 'PROVISIONING', statusMessage: 'Pulling' });
  expect(await report('FAILED', 'No image')).toEqual({ status: 'FAILED', statusMessage: 'No image' });
  expect((await beat(id)).data).toMatchObject({ recordHeartbeat: { status: 'ONLINE' } });
  expect(await report('PROVISIONING', 'Again')).toMatchObject({ status: 'PROVISIONING' });
  expect(await report('OFFLINE', 'Stopped')).toMatchObject({ status: 'OFFLINE' });
});

test('the agent is offline when it is installed, and its status is the same seen as an agent, a workspace or a root', async () => {
  const agent = await install(api, orgId);
  expect(agent.status).toBe('OFFLINE');
  await beat(agent.id, 'DEGRADED');
  const data = await api.expectData(
    `query ($orgId: ID!, $id: ID!) {
      platformAgent(orgId: $orgId) { status workspace { status } children { edges { node { status parent { status } } } } }
      workspace(orgId: $orgId, id: $id) { status }
      organization(id: $orgId) { platformAgent { status } roots { status } }
    }`,
    { orgId, id: agent.id },
  );
  expect(data).toEqual({
    platformAgent: {
      status: 'DEGRADED',
      workspace: { status: 'DEGRADED' },
      children: { edges: [{ node: { status: 'OFFLINE', parent: { status: 'DEGRADED' } } }] },
    },
    workspace: { status: 'DEGRADED' },
    organization: { platformAgent: { status: 'DEGRADED' }, roots: [{ status: 'DEGRADED' }] },
  });
});

test('a filter takes several statuses and combines with the kind, and without one removed workspaces are left out', async () => {
  const failed = await insertWorkspace(database, orgId, { name: 'Failed', parentId: id, lifecycle: 'failed' });
  const removed = await insertWorkspace(database, orgId, { name: 'Removed', parentId: id, lifecycle: 'removed' });
  const list = async (filter: string) => {
    const data = await api.expectData(
      `query ($orgId: ID!) { organization(id: $orgId) { workspaces${filter} { totalCount edges { node { id } } } } }`,
      { orgId },
    );
    const { totalCount, edges } = data.organization.workspaces;
    const ids: string[] = edges.map(({ node }: { node: { id: string } }) => node.id);
    expect(ids).toHaveLength(totalCount);
    return ids.sort();
  };
  expect(await list('')).toEqual([id, failed].sort());
  expect(await list('(status: [FAILED, REMOVED])')).toEqual([failed, removed].sort());
  expect(await list('(status: [])')).toEqual([]);
  expect(await list('(kind: PLATFORM)')).toEqual([]);
  const agent = await install(api, orgId);
  expect(await list('(kind: PLATFORM)')).toEqual([agent.id]);
  expect(await list('(kind: PLATFORM, status: FAILED)')).toEqual([]);
  expect(await list('(kind: WORKSPACE, status: OFFLINE)')).toEqual([id]);
});

test('the windows of the configuration are what status is judged by', async () => {
  await database.query(`update workspaces set lifecycle_at = now() - interval '1 hour' where org_id = $1`, [orgId]);
  await setHeartbeat(database, orgId, id, { secondsAgo: 20 });
  const read = async () => {
    const { workspace } = await api.expectData(
      'query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) { status } }',
      { orgId, id },
    );
    return workspace.status;
  };
  const log = createLogger('silent');
  expect(await read()).toBe('ONLINE');
  await writeStatusWindows(api.prisma, { livenessWindowSeconds: 10, provisioningWindowSeconds: 60 } as Config, log);
  expect(await read()).toBe('OFFLINE');
  await writeStatusWindows(api.prisma, { livenessWindowSeconds: 90, provisioningWindowSeconds: 600 } as Config, log);
  expect(await read()).toBe('ONLINE');
});
