import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { PATIENTLY, SLOW } from '../embedded/embedded-test.ts';
import { alive, processesOf } from '../embedded/processes.ts';
import { operatorToken } from '../support/api.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow } from '../support/organization-events.ts';
import {
  compileServer,
  type ServerProcess,
  type StartOptions,
  startServer,
  temporaryDirectory,
} from '../support/server-process.ts';
import { connectToEach, listeningPids, PATIENTLY_MS } from './worker-client.ts';

vi.setConfig(SLOW);

const database = await createTestDatabase();
watchNeighbour(database);
beforeAll(compileServer);

let orgId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
});

const settings = {
  DATABASE_URL: database.url,
  OPERATOR_TOKEN: operatorToken,
  WEB_CONCURRENCY: '2',
  LOG_LEVEL: 'debug',
  LOCK_TIMEOUT_MS: '20000',
  STATEMENT_TIMEOUT_MS: '21000',
  TRANSACTION_TIMEOUT_MS: '22000',
  SHUTDOWN_GRACE_SECONDS: '3600',
};

/** Two workers: at one a mutation is under way, which waits for the lock that `release` lets go; at the other a subscription. */
async function busyServer(options: StartOptions = {}) {
  const server = startServer(settings, options);
  const [one, other] = await connectToEach(server, 2);
  if (one === undefined || other === undefined) throw new Error('There are not two workers');
  const follower = await follow(other, orgId);
  await follower.next();
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const answer = mutate(one, 'createWorkspace', { orgId, name: 'late' }, '{ name }');
  answer.catch(() => {});
  await waitUntilBlockedBy(holder);
  return { server, pids: [one.pid, other.pid], follower, answer, release: () => holder.query('commit') };
}

/** An embedded server with two workers, and all processes that there are of it. */
async function embeddedServer() {
  const DATA_DIR = await temporaryDirectory();
  const server = startServer({ DATA_DIR, WEB_CONCURRENCY: '2' });
  await server.listening;
  const workers = listeningPids(server);
  const { postmaster, guardian } = await processesOf(DATA_DIR);
  return { server, DATA_DIR, workers, postmaster, guardian };
}

/** What it complained of. */
const complaints = ({ logged }: ServerProcess) => logged().filter(({ level }) => level !== 'info' && level !== 'debug');

test.each([
  ['a signal to the server', (pid: number) => process.kill(pid, 'SIGTERM')],
  ["a terminal's interrupt, which reaches all processes", (pid: number) => process.kill(-pid, 'SIGINT')],
])('%s lets every worker finish what it does', async (_, stop) => {
  const { server, pids, follower, answer, release } = await busyServer({ detached: true });
  stop(server.process.pid ?? Number.NaN);
  await follower.completion();
  await release();
  expect(await answer).toEqual({ name: 'late' });
  expect(await server.ended).toBe(0);
  expect(await alive(...pids)).toEqual([]);
  expect(server.logged().filter(({ msg }) => String(msg).startsWith('Stopping'))).toHaveLength(1);
  expect(complaints(server)).toEqual([]);
  expect(await database.query('select name from workspaces where org_id = $1', [orgId])).toEqual([{ name: 'late' }]);
  const open = `select from pg_stat_activity where datname = current_database() and application_name = 'taproot'`;
  await waitUntil('no connection is left', async () => (await database.query(open)).length === 0);
});

test("a terminal's interrupt while workers start breaks the start off, and is no failure", async () => {
  const server = startServer(settings, { detached: true });
  await waitUntil('the first worker listens', async () => listeningPids(server).length > 0, PATIENTLY_MS);
  process.kill(-(server.process.pid ?? Number.NaN), 'SIGINT');
  expect(await server.ended).toBe(0);
  // Whether the other one has come to listen by then is a matter of luck, and of no consequence.
  expect(complaints(server)).toEqual([]);
  expect(server.output()).not.toMatch(/^[^{]/m);
});

test('a second signal ends all workers at once', async () => {
  const { server, pids, follower, answer, release } = await busyServer();
  server.process.kill('SIGTERM');
  await follower.completion();
  server.process.kill('SIGINT');
  expect(await server.ended).toBe(1);
  await expect(answer).rejects.toThrow();
  await expect.poll(() => alive(...pids), PATIENTLY).toEqual([]);
  await release();
});

test('a server that is killed leaves neither workers nor its PostgreSQL behind', async () => {
  const { server, workers, postmaster, guardian } = await embeddedServer();
  server.process.kill('SIGKILL');
  await expect.poll(() => alive(...workers, postmaster, guardian), PATIENTLY).toEqual([]);
});

test('workers end with an embedded PostgreSQL that ends by itself', async () => {
  const { server, workers, postmaster } = await embeddedServer();
  process.kill(postmaster, 'SIGINT');
  expect(await server.ended).toBe(1);
  expect(server.output()).toContain('The server cannot go on');
  expect(await alive(...workers)).toEqual([]);
});

test('workers are stopped before the embedded PostgreSQL, and keep its token to themselves', async () => {
  const { server, DATA_DIR, workers } = await embeddedServer();
  const token = (await readFile(join(DATA_DIR, 'operator-token'), 'utf8')).trim();
  const seen = execFileSync('ps', ['eww', '-o', 'args=', '-p', workers.join(',')], { encoding: 'utf8' });
  expect(seen.trim().split('\n')).toHaveLength(2);
  expect(seen).not.toContain(token);
  expect(JSON.stringify(server.logged())).not.toContain(token);
  expect(server.output().split('Taproot is ready.')).toHaveLength(2);
  server.process.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(complaints(server)).toEqual([]);
  expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
});
