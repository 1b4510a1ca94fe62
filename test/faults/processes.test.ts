import { afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type Acme, asInserted, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { mutations } from '../concurrency/calls.ts';
import { SLOW } from '../embedded/embedded-test.ts';
import { connect, connectToEach, PATIENTLY_MS } from '../processes/worker-client.ts';
import { operatorToken } from '../support/api.ts';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { compileServer, type ServerProcess, startServer } from '../support/server-process.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

vi.setConfig(SLOW);

const database = await createTestDatabase();
watchNeighbour(database);
beforeAll(compileServer);

const settings = {
  DATABASE_URL: database.url,
  OPERATOR_TOKEN: operatorToken,
  LOG_LEVEL: 'debug',
  LOCK_TIMEOUT_MS: '20000',
  STATEMENT_TIMEOUT_MS: '21000',
  TRANSACTION_TIMEOUT_MS: '22000',
};

const holder = await database.connect();
let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
  await holder.query('begin');
});
afterEach(async () => {
  await holder.query('rollback');
});

const install = (client: ApiClient) => client.expectData(mutations.install, { orgId: acme.orgId });

/** Has an install under way, which holds the organization and waits for a root. */
async function beginInstall(client: ApiClient): Promise<{ answer: Promise<unknown> }> {
  await holder.query('select from workspaces where org_id = $1 and id = $2 for update', [acme.orgId, acme.beta]);
  const answer = install(client);
  answer.catch(() => {});
  await waitUntilBlockedBy(holder);
  return { answer };
}

async function clientOf(server: ServerProcess): Promise<ApiClient> {
  const url = await server.listening;
  return createApiClient((path, init) => fetch(new URL(path, url), init), operatorToken);
}

/** Until the lock on the organization is to be had, without waiting for it. */
async function waitUntilLockIsFree(): Promise<void> {
  const other = await database.connect();
  await waitUntil('the organization is locked by nobody', async () => {
    const sql = 'select from organizations where id = $1 for update skip locked';
    return (await other.query(sql, [acme.orgId])).rowCount === 1;
  });
}

test('a server that is killed in the middle of an install leaves nothing of it, and no lock', async () => {
  const server = startServer(settings);
  const { answer } = await beginInstall(await clientOf(server));
  server.process.kill('SIGKILL');
  await expect(answer).rejects.toThrow();
  await server.ended;
  await holder.query('rollback');
  await waitUntilLockIsFree();
  await expectState(database, acme, asInserted);

  await install(await clientOf(startServer(settings)));
  await expectState(database, acme, asInstalled);
  countTried('faults');
});

test('an install whose server is killed while PostgreSQL commits it is stored as a whole, and found when it is called again', async () => {
  const lock = 20_261_127;
  await holder.query('select pg_advisory_xact_lock($1)', [lock]);
  // What is deferred runs within the commit.
  await database.query(`create function linger() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(${lock}); return null; end $$`);
  await database.query(`create constraint trigger linger after insert on org_events initially deferred
    for each row execute function linger()`);
  onTestFinished(async () => {
    await database.query('drop function linger cascade');
  });
  const server = startServer(settings);
  const answer = install(await clientOf(server));
  answer.catch(() => {});
  await waitUntilBlockedBy(holder);
  server.process.kill('SIGKILL');
  await expect(answer).rejects.toThrow();
  await server.ended;
  await expectState(database, acme, asInserted);
  await holder.query('rollback');
  await waitUntilLockIsFree();
  await expectState(database, acme, asInstalled);

  const rows = await snapshotOrganization(database, acme.orgId);
  await install(await clientOf(startServer(settings)));
  expect(await snapshotOrganization(database, acme.orgId)).toEqual(rows);
  countTried('faults');
});

test('a server that is asked to stop in the middle of an install finishes it, and answers', async () => {
  const server = startServer(settings);
  const { answer } = await beginInstall(await clientOf(server));
  server.process.kill('SIGTERM');
  await waitUntil('the server has noticed', async () => server.output().includes('Stopping'));
  await holder.query('rollback');
  expect(await answer).toMatchObject({ installPlatformAgent: { id: acme.agentId } });
  expect(await server.ended).toBe(0);
  await expectState(database, acme, asInstalled);
  countTried('faults');
});

test('a server that is not given the time to finish an install ends with the whole of it or nothing', async () => {
  const server = startServer({ ...settings, SHUTDOWN_GRACE_SECONDS: '0' });
  const { answer } = await beginInstall(await clientOf(server));
  server.process.kill('SIGTERM');
  await expect(answer).rejects.toThrow();
  // It waits for the transaction, as that may not be torn from its connection.
  await holder.query('rollback');
  expect(await server.ended).toBe(0);
  await waitUntilLockIsFree();
  const [organization] = await database.query<{ open: boolean }>(
    'select open_roots as open from organizations where id = $1',
    [acme.orgId],
  );
  await expectState(database, acme, organization?.open ? asInserted : asInstalled);
  countTried('faults');
});

test('a worker that is killed in the middle of an install leaves nothing of it, and the others go on', async () => {
  const server = startServer({ ...settings, WEB_CONCURRENCY: '2' });
  const [one, other] = await connectToEach(server, 2);
  if (one === undefined || other === undefined) throw new Error('There are not two workers');
  const { answer } = await beginInstall(one);
  process.kill(one.pid, 'SIGKILL');
  await expect(answer).rejects.toThrow();
  await holder.query('rollback');
  await waitUntilLockIsFree();
  await expectState(database, acme, asInserted);

  await install(other);
  await expectState(database, acme, asInstalled);
  await waitUntil(
    'another worker has taken its place',
    async () => ![one.pid, other.pid].includes((await connect(server)).pid),
    PATIENTLY_MS,
  );
  countTried('faults');
});
