import { afterAll, expect, test, vi } from 'vitest';
import { SLOW } from '../embedded/embedded-test.ts';
import { connectToEach, listeningPids, PATIENTLY_MS } from '../processes/worker-client.ts';
import { operatorToken } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { compileServer, startServer } from '../support/server-process.ts';
import { metricsUrl, scrape } from './metrics-client.ts';

vi.setConfig(SLOW);

await compileServer();
const database = await createTestDatabase();
const server = startServer(
  {
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '5',
    OPERATOR_TOKEN: operatorToken,
    WEB_CONCURRENCY: '2',
    METRICS_PORT: '0',
    LOG_LEVEL: 'debug',
  },
  { onEnd: afterAll },
);
watchNeighbour(database);

async function read() {
  await server.listening;
  return scrape(metricsUrl(server.logged()));
}

const beats = ['taproot_heartbeats_recorded_total', { mode: 'single' }] as const;
const operations = ['taproot_graphql_operations_total', { type: 'mutation', field: 'recordHeartbeat' }] as const;
const durations = [
  'taproot_graphql_operation_duration_seconds_count',
  { type: 'mutation', field: 'recordHeartbeat' },
] as const;

test('what the workers counted is told as one, and no counter falls when one of them ends', async () => {
  const orgId = await insertOrganization(database);
  const workspaceId = await insertRoot(database, orgId);
  const clients = await connectToEach(server, 2);
  for (const [index, client] of clients.entries()) {
    for (let beat = 0; beat <= index; beat++) await mutate(client, 'recordHeartbeat', { orgId, workspaceId });
  }
  const told = await read();
  expect([told.value(...beats), told.value(...operations), told.value(...durations)]).toEqual([3, 3, 3]);
  expect(told.value('taproot_serving_processes')).toBe(2);
  expect(told.value('taproot_database_connections_max', { database: 'primary' })).toBe(10);
  expect(told.value('taproot_stale_agents')).toBe(0);

  const [gone] = clients;
  const known = listeningPids(server);
  process.kill(gone?.pid ?? Number.NaN, 'SIGKILL');
  await waitUntil('another worker listens', async () => listeningPids(server).length > known.length, PATIENTLY_MS);
  const after = await read();
  expect([after.value(...beats), after.value(...operations), after.value(...durations)]).toEqual([3, 3, 3]);
  expect(after.value('taproot_serving_processes')).toBe(2);
  expect(after.value('taproot_database_connections_max', { database: 'primary' })).toBe(10);

  const [successor] = (await connectToEach(server, 2)).filter(({ pid }) => !known.includes(pid));
  if (successor === undefined) throw new Error('The new worker does not answer');
  await mutate(successor, 'recordHeartbeat', { orgId, workspaceId });
  expect((await read()).value(...beats)).toBe(4);
});

test('a worker that does not answer holds up nobody, and what it has counted stays', async () => {
  const before = (await read()).value(...beats);
  const [silent = Number.NaN] = listeningPids(server).slice(-1);
  process.kill(silent, 'SIGSTOP');
  try {
    const told = await read();
    expect(told.value(...beats)).toBe(before);
    expect(told.value('taproot_serving_processes')).toBe(1);
  } finally {
    process.kill(silent, 'SIGCONT');
  }
  await waitUntil(
    'it answers again',
    async () => (await read()).value('taproot_serving_processes') === 2,
    PATIENTLY_MS,
  );
});
