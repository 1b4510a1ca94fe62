import { readdir } from 'node:fs/promises';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { type Acme, expectState, insertAcme, installedUnder } from '../concurrency/acme.ts';
import { call, mutations } from '../concurrency/calls.ts';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { compileServer, startServer } from '../support/server-process.ts';
import { connectToEach, listeningPids } from './worker-client.ts';

const workers = 3;
/** What each worker admits to one organization at once. */
const writersPerWorker = 2;

vi.setConfig(SLOW);

await compileServer();
const database = await createTestDatabase();
// As an administrator would hand it over: the server finds nothing in it.
await database.query('drop schema public cascade');
await database.query('create schema public');
const server = startServer(
  {
    DATABASE_URL: database.url,
    OPERATOR_TOKEN: operatorToken,
    WEB_CONCURRENCY: String(workers),
    LOG_LEVEL: 'debug',
    LOCK_TIMEOUT_MS: '20000',
    STATEMENT_TIMEOUT_MS: '21000',
    TRANSACTION_TIMEOUT_MS: '22000',
  },
  { onEnd: afterAll },
);
const url = await server.listening;
watchNeighbour(database);

let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
});

test('all workers answer on one port, each under its process id in the log', async () => {
  const clients = await connectToEach(server, workers);
  const pids = clients.map(({ pid }) => pid);
  expect(pids).not.toContain(server.process.pid);
  expect(listeningPids(server).sort()).toEqual(pids.sort());
  const addresses = server.logged().filter((entry) => 'url' in entry);
  expect(addresses.map((entry) => entry['url'])).toEqual(Array(workers + 1).fill(url));
  expect(addresses.filter(({ msg }) => msg === 'Listening')).toHaveLength(1);
});

test('the database is migrated once', async () => {
  const migrations = (await readdir('prisma/migrations', { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const told = server.logged().filter((entry) => 'migrations' in entry);
  expect(told).toEqual([expect.objectContaining({ migrations })]);
  const rows = await database.query('select migration_name from _prisma_migrations order by migration_name');
  expect(rows.map((row) => row['migration_name'])).toEqual(migrations);
});

test('of installs through all workers at once one does the work, and all return the same agent', async () => {
  const clients = await connectToEach(server, workers);
  const more = await connectToEach(server, workers);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [acme.orgId]);
  const answers = [...clients, ...more].map((client, index) =>
    call(client, mutations.install, { orgId: acme.orgId, name: `Agent ${index}` }),
  );
  await waitUntilBlockedBy(holder, workers * writersPerWorker);
  await holder.query('commit');

  const returned = (await Promise.all(answers)).map(({ data }) => data);
  const [first] = returned as { installPlatformAgent: { id: string; name: string } }[];
  expect(first).toMatchObject({ installPlatformAgent: { id: acme.agentId, kind: 'PLATFORM', status: 'OFFLINE' } });
  expect(returned).toEqual(Array(workers * 2).fill(first));
  await expectState(database, acme, installedUnder(first?.installPlatformAgent.name ?? ''));
});
