import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { install } from '../support/install.ts';
import { compileServer } from '../support/server-process.ts';
import { readReport, runBackfill, SLOW, startBackfill } from './backfill-process.ts';
import { countInstalls, insertWaiting, patientSettings, removeOrganizations } from './organizations.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const patient = patientSettings(database.url);
const hasty = { ...patient, LOCK_TIMEOUT_MS: '100' };

vi.setConfig(SLOW);
beforeAll(compileServer);

let ids: string[];
let holder: TestClient;
beforeEach(async () => {
  await removeOrganizations(database);
  ids = await insertWaiting(database, 40);
  holder = await database.connect();
});

async function hold(...held: (string | undefined)[]): Promise<void> {
  await holder.query('begin');
  await holder.query('select from organizations where id = any($1) for update', [held]);
}

test('two runs at once install every organization once between them, and each tells of its own', async () => {
  await hold(ids[0]);
  const runs = [await startBackfill(patient, '--concurrency', '4'), await startBackfill(patient, '--concurrency', '4')];
  // Both have read the page on which all organizations lack their agent.
  await waitUntilBlockedBy(holder, 2);
  await holder.query('rollback');
  expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([0, 0]);

  expect(new Set((await countInstalls(database)).values())).toEqual(new Set([1]));
  const reports = await Promise.all(runs.map(({ reportFile }) => readReport(reportFile)));
  expect(reports.map(({ summary }) => summary.looked)).toEqual([40, 40]);
  expect(reports.reduce((sum, { summary }) => sum + (summary.installed ?? 0), 0)).toBe(40);
  expect(reports.reduce((sum, { summary }) => sum + summary.settled, 0)).toBe(40);
});

test('what a server installs meanwhile is left as it is', async () => {
  await hold(ids[0]);
  const run = await startBackfill(patient, '--concurrency', '1');
  await waitUntilBlockedBy(holder);
  for (const id of ids.slice(20)) await install(api, id, { name: 'By the server' });
  await holder.query('rollback');
  expect(await run.ended).toBe(0);

  expect(new Set((await countInstalls(database)).values())).toEqual(new Set([1]));
  const named = await database.query(`select from workspaces where kind = 'platform' and name = 'By the server'`);
  expect(named).toHaveLength(20);
  expect((await readReport(run.reportFile)).summary).toMatchObject({ installed: 20, settled: 20, left: 0 });
});

test('it works on as many organizations at once as it was told to, whatever the pool of a server is, and on no more', async () => {
  await hold(...ids);
  const run = await startBackfill({ ...patient, DATABASE_POOL_SIZE: '2' }, '--concurrency', '20');
  await waitUntilBlockedBy(holder, 20);
  const [sessions] = await database.query(
    `select count(*)::int as all, (count(*) filter (where wait_event_type = 'Lock'))::int as waiting
     from pg_stat_activity where datname = current_database() and application_name = 'taproot' and pid <> all($1)`,
    [await serverSessions()],
  );
  // One more is for the pages.
  expect(sessions).toEqual({ all: 21, waiting: 20 });
  await holder.query('rollback');
  expect(await run.ended).toBe(0);
});

/** The sessions of the server that is part of this test. */
async function serverSessions(): Promise<number[]> {
  return (await api.prisma.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`).map(({ pid }) => pid);
}

test('an organization that stays locked is left and told of, and holds up no other', async () => {
  await hold(ids[0]);
  const run = await runBackfill(hasty, '--concurrency', '2');
  await holder.query('rollback');
  expect(run.status).toBe(1);
  const { left, summary } = await run.report();
  expect(summary).toMatchObject({ installed: 39, left: 1 });
  expect(left).toEqual([
    expect.objectContaining({
      orgId: ids[0],
      code: 'LOCK_TIMEOUT',
      waysOut: ['Run this again when other changes to the organization have ended.'],
    }),
  ]);
  expect((await countInstalls(database)).get(ids[0] ?? '')).toBe(0);
  expect((await runBackfill(hasty)).status).toBe(0);
});

test('an organization that fails for a reason nobody expected is left and told of with it, as is one that takes too long', async () => {
  const [first, second] = ids;
  await database.query(
    `create function fail() returns trigger language plpgsql as $$ begin
       if new.org_id = '${first}' then raise 'the fixture wants it so'; end if;
       if new.org_id = '${second}' then perform pg_sleep(60); end if;
       return new;
     end $$`,
  );
  await database.query('create trigger fail before insert on workspaces for each row execute function fail()');
  const run = await runBackfill({ ...hasty, STATEMENT_TIMEOUT_MS: '300' }, '--concurrency', '2');
  await database.query('drop function fail cascade');
  expect(run.status).toBe(1);
  const { left, summary } = await run.report();
  expect(summary).toMatchObject({ end: 'finished', installed: 38, left: 2 });
  expect(left.find(({ orgId }) => orgId === first)).toMatchObject({
    code: 'INTERNAL_SERVER_ERROR',
    message: expect.stringContaining('the fixture wants it so'),
    waysOut: [expect.stringContaining('Run this again')],
  });
  expect(left.find(({ orgId }) => orgId === second)).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    waysOut: [expect.stringContaining('raise STATEMENT_TIMEOUT_MS')],
  });
  expect((await runBackfill(hasty)).status).toBe(0);
});
