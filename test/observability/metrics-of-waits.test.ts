import { expect, test } from 'vitest';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertRoot } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { errors, poolSize, startMetered } from './metered-server.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const server = startMetered(database);

const lockWaits = ['taproot_organization_lock_wait_seconds_count'] as const;
const queueWaits = ['taproot_write_queue_wait_seconds_count'] as const;

test('waits for a lock are counted, in vain or not, and connections are shown busy meanwhile', async () => {
  const { orgId } = server;
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const written = ['One', 'Two'].map((name) => server.app.execute(create, { orgId, name }));
  await waitUntilBlockedBy(holder, 2);
  const meanwhile = await server.read();
  expect(meanwhile.value('taproot_database_connections', { database: 'primary', state: 'busy' })).toBe(2);
  expect(meanwhile.value('taproot_database_connections_max', { database: 'primary' })).toBe(poolSize);
  expect(meanwhile.value('taproot_database_connection_waits', { database: 'primary' })).toBe(0);
  expect(server.growth(meanwhile, lockWaits)).toBe(0);
  expect(server.growth(meanwhile, queueWaits)).toBe(2);

  const late = await Promise.all(written);
  expect(late.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(['LOCK_TIMEOUT', 'LOCK_TIMEOUT']);
  await holder.query('commit');
  await mutate(server.app, 'createWorkspace', { orgId, name: 'Three' });
  const waitedLong = ['taproot_organization_lock_wait_seconds_bucket', { le: '1' }] as const;
  await server.expectGrowth([...lockWaits, 3], [...waitedLong, 1], [...queueWaits, 3], [...errors('LOCK_TIMEOUT'), 2]);
  const after = await server.read();
  expect(after.value('taproot_database_connections', { database: 'primary', state: 'busy' })).toBe(0);
  expect((await snapshotOrganization(database, orgId))['workspaces']).toHaveLength(1);
});

const create = 'mutation ($orgId: ID!, $name: String!) { createWorkspace(orgId: $orgId, name: $name) { id } }';

test('a write whose turn does not come in time has waited too', async () => {
  const { orgId } = server;
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  // Two of an organization are let through at once: of five, three wait in the queue until its bound is over.
  const answers = Array.from({ length: 5 }, (_, index) => server.app.execute(create, { orgId, name: `W${index}` }));
  await waitUntilBlockedBy(holder, 2);
  expect((await Promise.all(answers)).every(({ errors }) => errors?.[0]?.extensions.code === 'LOCK_TIMEOUT')).toBe(
    true,
  );
  await holder.query('commit');
  await server.expectGrowth([...queueWaits, 5], [...errors('LOCK_TIMEOUT'), 5]);
  expect((await snapshotOrganization(database, orgId))['workspaces']).toEqual([]);
});

test('what waits for a connection is shown as long as it does', async () => {
  const { orgId } = server;
  const workspaceId = await insertRoot(database, orgId);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from workspace_heartbeats where workspace_id = $1 for update', [workspaceId]);
  const beat = () => mutate(server.app, 'recordHeartbeats', { orgId, heartbeats: [{ workspaceId }] }, '');
  const answers = Array.from({ length: poolSize + 2 }, beat);
  await waitUntilBlockedBy(holder, poolSize);
  const waits = async () => (await server.read()).value('taproot_database_connection_waits', { database: 'primary' });
  await waitUntil('two wait for a connection', async () => (await waits()) === 2);
  await holder.query('commit');
  expect(await Promise.all(answers)).toEqual(Array(poolSize + 2).fill(1));
  expect(await waits()).toBe(0);
});
