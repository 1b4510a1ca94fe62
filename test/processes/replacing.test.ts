import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { compileServer, startServer } from '../support/server-process.ts';
import { connect, connectToEach, listeningPids, PATIENTLY_MS } from './worker-client.ts';

vi.setConfig(SLOW);

// At this signal a worker raises an error. The primary process kills one and, before it can hear of its end, writes to it.
const atSignal = `
  import { execFileSync } from 'node:child_process';
  import cluster from 'node:cluster';
  process.on('SIGUSR2', () => {
    if (cluster.isWorker) return Promise.reject(new Error('nobody caught this'));
    const [worker] = Object.values(cluster.workers);
    worker.process.kill('SIGKILL');
    const state = () => execFileSync('ps', ['-o', 'stat=', '-p', worker.process.pid], { encoding: 'utf8' });
    // With an l it still has threads, which hold its end of the channel open.
    while (!/^Z[^l]*$/.test(state()));
    worker.send({});
  });
`;

await compileServer();
const database = await createTestDatabase();
const server = startServer(
  {
    DATABASE_URL: database.url,
    OPERATOR_TOKEN: operatorToken,
    WEB_CONCURRENCY: '2',
    LOG_LEVEL: 'debug',
    LOCK_TIMEOUT_MS: '20000',
    STATEMENT_TIMEOUT_MS: '21000',
    TRANSACTION_TIMEOUT_MS: '22000',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(atSignal)}`,
  },
  { onEnd: afterAll },
);
watchNeighbour(database);

let orgId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
});

/** What is logged of the ends of workers. */
const ends = () => server.logged().filter((entry) => entry['msg'] === 'A worker ended; another one takes its place');

/** The process of the worker that listens after those. */
async function successorOf(pids: readonly number[]): Promise<number> {
  let successor: number | undefined;
  await waitUntil(
    'a worker takes the place of the one that ended',
    async () => {
      successor = listeningPids(server).find((pid) => !pids.includes(pid));
      return successor !== undefined;
    },
    PATIENTLY_MS,
  );
  return successor ?? Number.NaN;
}

test('a worker that is killed is replaced, and no request at another one fails', async () => {
  const [one, other] = await connectToEach(server, 2);
  if (one === undefined || other === undefined) throw new Error('There are not two workers');
  const known = listeningPids(server);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  // The lock under which migrations run: a worker has no business with it.
  await holder.query('select pg_advisory_xact_lock(72707369)');
  const running = mutate(other, 'createWorkspace', { orgId, name: 'late' }, '{ name }');
  await waitUntilBlockedBy(holder);

  process.kill(one.pid, 'SIGKILL');
  await waitUntil('its end is noticed', async () => ends().some(({ pid }) => pid === one.pid));
  await waitUntil(
    'the new worker answers, and meanwhile the others do',
    async () => !known.includes((await connect(server)).pid),
    PATIENTLY_MS,
  );
  await holder.query('commit');
  expect(await running).toEqual({ name: 'late' });
  expect(await database.query('select name from workspaces where org_id = $1', [orgId])).toEqual([{ name: 'late' }]);
  expect(ends().at(-1)).toMatchObject({ level: 'error', pid: one.pid, signal: 'SIGKILL' });
});

test('a worker that an error ends which nobody caught logs it, and is replaced', async () => {
  const known = listeningPids(server);
  const { pid } = await connect(server);
  process.kill(pid, 'SIGUSR2');
  await successorOf(known);
  const fatal = server.logged().filter((entry) => entry['level'] === 'fatal');
  expect(fatal).toEqual([
    expect.objectContaining({ pid, msg: 'The worker cannot go on', err: expect.objectContaining({ type: 'Error' }) }),
  ]);
  expect(ends().at(-1)).toMatchObject({ pid, code: 1 });
  expect(server.process.exitCode).toBeNull();
});

test('workers that keep ending at once are replaced after longer and longer pauses', async () => {
  let { pid } = await connect(server);
  const before = ends().length;
  for (let round = 0; round < 4; round++) {
    const known = listeningPids(server);
    process.kill(pid, 'SIGKILL');
    pid = await successorOf(known);
  }
  const pauses = ends()
    .slice(before)
    .map(({ pauseMs }) => Number(pauseMs));
  const [, second = 0, third = 0, fourth] = pauses;
  expect(second).toBeGreaterThanOrEqual(500);
  expect([third, fourth]).toEqual([2 * second, 2 * third]);
});

test('a message that does not reach a worker which was killed is not taken for its end', async () => {
  await server.listening;
  const before = ends().length;
  process.kill(server.process.pid ?? Number.NaN, 'SIGUSR2');
  await waitUntil('its end is noticed', async () => ends().length > before);
  expect(ends().slice(before)).toEqual([expect.objectContaining({ signal: 'SIGKILL' })]);
});
