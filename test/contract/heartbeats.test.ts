import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import {
  RecordHeartbeatDocument,
  RecordHeartbeatsDocument,
  ReportProvisioningDocument,
} from '../generated/documents.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { createContractApi } from './operations.ts';

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);
const api = createContractApi(database, 'heartbeats');

const orgId = randomUUID();
let parentId: string;
beforeAll(async () => {
  await insertOrganization(database, { id: orgId });
  parentId = await insertRoot(database, orgId);
});
const insert = () => insertWorkspace(database, orgId, { parentId });

const stored = async (workspaceId: string) => {
  const [row] = await database.query(
    `select h.health, h.message, h.last_seen_at > clock_timestamp() - interval '1 minute' as fresh,
       h.reported_lifecycle, h.reported_message, w.lifecycle
     from workspace_heartbeats h join workspaces w on (w.org_id, w.id) = (h.org_id, h.workspace_id)
     where h.org_id = $1 and h.workspace_id = $2`,
    [orgId, workspaceId],
  );
  return row;
};

test('a heartbeat makes a workspace ONLINE, and healthy unless it says otherwise', async () => {
  const workspaceId = await insert();
  const { recordHeartbeat } = await api.run(RecordHeartbeatDocument, { orgId, workspaceId });
  expect(recordHeartbeat).toEqual({
    id: workspaceId,
    status: 'ONLINE',
    statusMessage: null,
    lastHeartbeatAt: expect.any(String),
  });
  expect(await stored(workspaceId)).toMatchObject({
    health: 'healthy',
    message: null,
    fresh: true,
    lifecycle: 'offline',
  });
});

test('a workspace that is not well is DEGRADED, in its own words', async () => {
  const workspaceId = await insert();
  const variables = { orgId, workspaceId, health: 'DEGRADED', message: ' The model answers slowly ' } as const;
  const { recordHeartbeat } = await api.run(RecordHeartbeatDocument, variables);
  expect(recordHeartbeat).toMatchObject({ status: 'DEGRADED', statusMessage: 'The model answers slowly' });
  expect(await stored(workspaceId)).toMatchObject({
    health: 'degraded',
    message: 'The model answers slowly',
    fresh: true,
  });
});

test('heartbeats of many are recorded at once, and counted without the unknown and the removed', async () => {
  const [first, second] = [await insert(), await insert()];
  const removed = await insertWorkspace(database, orgId, { parentId, lifecycle: 'removed' });
  const { recordHeartbeats } = await api.run(RecordHeartbeatsDocument, {
    orgId,
    heartbeats: [
      { workspaceId: first },
      { workspaceId: second, health: 'HEALTHY', message: 'overtaken' },
      { workspaceId: second, health: 'DEGRADED', message: 'the last counts' },
      { workspaceId: removed },
      { workspaceId: neighbour.childId },
      { workspaceId: randomUUID() },
    ],
  });
  expect(recordHeartbeats).toBe(2);
  expect(await stored(first)).toMatchObject({ health: 'healthy', message: null, fresh: true });
  expect(await stored(second)).toMatchObject({ health: 'degraded', message: 'the last counts', fresh: true });
  expect(await stored(removed)).toMatchObject({ fresh: null, lifecycle: 'removed' });
});

test('a provisioner says how far it is', async () => {
  const workspaceId = await insert();
  const report = async (state: 'PROVISIONING' | 'FAILED' | 'OFFLINE', message: string | null) => {
    const { reportProvisioning } = await api.run(ReportProvisioningDocument, { orgId, workspaceId, state, message });
    return reportProvisioning;
  };
  expect(await report('PROVISIONING', 'Pulling the image')).toEqual({
    id: workspaceId,
    status: 'PROVISIONING',
    statusMessage: 'Pulling the image',
  });
  expect(await report('FAILED', 'No space left')).toMatchObject({ status: 'FAILED', statusMessage: 'No space left' });
  expect(await stored(workspaceId)).toMatchObject({ reported_lifecycle: 'failed', reported_message: 'No space left' });
  expect(await report('OFFLINE', null)).toMatchObject({ status: 'OFFLINE' });
  expect(await stored(workspaceId)).toMatchObject({ reported_lifecycle: 'offline', reported_message: null });
});

test('every operation of heartbeats.graphql was run', api.expectAllWereRun);
