import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { insertRoot } from '../support/fixtures.ts';
import { compileServer } from '../support/server-process.ts';
import { type BackfillProcess, readReport, runBackfill, SLOW, startBackfill } from './backfill-process.ts';
import { countInstalls, insertWaiting, patientSettings, removeOrganizations } from './organizations.ts';

const database = await createTestDatabase();
const elsewhere = await createTestDatabase();
const settings = patientSettings(database.url);

vi.setConfig(SLOW);
beforeAll(compileServer);

let ids: string[];
let holder: TestClient;
beforeEach(async () => {
  await removeOrganizations(database);
  ids = await insertWaiting(database, 9);
  holder = await database.connect();
});

const middle = 4;

/** A run that goes by one organization at a time, and waits for the lock on the one in the middle. */
async function runUntilMiddle(): Promise<BackfillProcess> {
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [ids[middle]]);
  const run = await startBackfill(settings, '--concurrency', '1');
  await waitUntilBlockedBy(holder);
  return run;
}

/** How many installs each has had, in their order. */
async function installed() {
  const installs = await countInstalls(database);
  return ids.map((id) => installs.get(id));
}

const beforeMiddle = [1, 1, 1, 1, 0, 0, 0, 0, 0];
const upToMiddle = [1, 1, 1, 1, 1, 0, 0, 0, 0];
const eachOnce = [1, 1, 1, 1, 1, 1, 1, 1, 1];

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a run that is stopped by %s finishes what it has begun, and another one goes on from there',
  async (signal) => {
    const run = await runUntilMiddle();
    run.process.kill(signal);
    await waitUntil('it has noticed', async () => run.progress().includes('Stopping'));
    // As npm does, which hands on what the terminal has sent already.
    run.process.kill(signal);
    await holder.query('rollback');

    expect(await run.ended).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(await installed()).toEqual(upToMiddle);
    expect(run.output()).toMatch(/^5 of 9 organizations looked at:\n {2}5 {2}got their agent\n/);
    expect(run.output()).toMatch(/Run it again to go on: nothing is done twice\.\n$/);
    expect((await readReport(run.reportFile)).summary).toMatchObject({ end: 'interrupted', looked: 5, installed: 5 });

    const next = await runBackfill(settings);
    expect(next.status).toBe(0);
    expect(await installed()).toEqual(eachOnce);
    expect((await next.report()).summary).toMatchObject({ end: 'finished', looked: 9, installed: 4, settled: 5 });
  },
);

test('a second signal ends it at once', async () => {
  const run = await runUntilMiddle();
  let status: number | null | undefined;
  void run.ended.then((code) => {
    status = code;
  });
  await waitUntil('it has ended', async () => {
    run.process.kill('SIGINT');
    return status !== undefined;
  });
  expect(status).toBe(130);
  await holder.query('rollback');
  expect(await installed()).toEqual(beforeMiddle);
});

test('one that is killed leaves the report of what it had found, and another one goes on from there', async () => {
  await insertRoot(database, ids[1] ?? '', { name: 'Acme Agent' });
  const run = await runUntilMiddle();
  run.process.kill('SIGKILL');
  expect(await run.ended).toBe(null);
  await holder.query('rollback');

  const [part = ''] = await readdir(dirname(run.reportFile));
  const { left, summary } = await readReport(join(dirname(run.reportFile), part));
  expect(left.map(({ orgId }) => orgId)).toEqual([ids[1]]);
  expect(summary).toMatchObject({ end: 'running', left: 1 });

  expect((await runBackfill(settings)).status).toBe(1);
  expect(await installed()).toEqual(eachOnce.with(1, 0));
});

test('one whose database is lost says so, keeps what it did, and another one goes on from there', async () => {
  const run = await runUntilMiddle();
  const name = new URL(database.url).pathname.slice(1);
  await elsewhere.query(`alter database ${name} with allow_connections false`);
  await elsewhere.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'taproot'`,
    [name],
  );
  expect(await run.ended).toBe(2);
  expect(run.progress()).toContain('The database cannot be reached any more. What was done is kept: run this again');
  expect(run.progress()).not.toContain('    at ');
  expect((await readReport(run.reportFile)).summary).toMatchObject({ end: 'failed', installed: 4, left: 0 });

  await elsewhere.query(`alter database ${name} with allow_connections true`);
  await holder.query('rollback');
  expect(await installed()).toEqual(beforeMiddle);
  expect((await runBackfill(settings)).status).toBe(0);
  expect(await installed()).toEqual(eachOnce);
});

test('one whose connections are cut goes on when the database lets it in again', async () => {
  const run = await runUntilMiddle();
  await elsewhere.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'taproot'`,
    [new URL(database.url).pathname.slice(1)],
  );
  await waitUntilBlockedBy(holder);
  await holder.query('rollback');
  expect(await run.ended).toBe(0);
  expect(await installed()).toEqual(eachOnce);
});
