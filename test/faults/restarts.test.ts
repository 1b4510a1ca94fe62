import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { asInserted, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { mutations } from '../concurrency/calls.ts';
import { query, SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { countTried, tries } from '../support/effort.ts';
import { insertNeighbour } from '../support/fixtures.ts';
import { compileServer } from '../support/server-process.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';

vi.setConfig({ ...SLOW, testTimeout: tries({ bounded: SLOW.testTimeout, deep: 3_600_000 }) });

const postgres = await startOwnPostgres();
const { database } = postgres;
let app: TestApp;

beforeAll(async () => {
  await compileServer();
  app = await startApp({ DATABASE_URL: postgres.database.url, OPERATOR_TOKEN: operatorToken, DATABASE_POOL_SIZE: '4' });
});
afterAll(() => app.stop());

const ends: Record<string, (own: OwnPostgres) => Promise<void>> = {
  'stopped fast': (own) => own.stop('SIGINT'),
  'stopped at once': (own) => own.stop('SIGQUIT'),
  'killed with all its processes': (own) => own.kill(),
};

const ready = async () => (await app.fetch('/ready')).status;
const install = (orgId: string) => app.execute(mutations.install, { orgId });

test.each(Object.keys(ends))(
  'PostgreSQL that is %s under requests and started again: they fail as what they are, and the server goes on by itself',
  async (name) => {
    for (let round = 0; round < tries({ bounded: 1, deep: 20 }); round++) {
      const [waits, done] = [await insertAcme(database), await insertAcme(database)];
      const { orgId: neighbourId } = await insertNeighbour(database);
      const neighbour = await snapshotOrganization(database, neighbourId);
      expect(await ready()).toBe(200);
      expect((await install(done.orgId)).errors).toBeUndefined();

      const holder = await database.connect();
      await holder.query('begin');
      await holder.query('select from organizations where id = $1 for update', [waits.orgId]);
      const waiting = install(waits.orgId);
      await waitUntilBlockedBy(holder);
      await ends[name]?.(postgres);

      const plain = { code: 'SERVICE_UNAVAILABLE', retryable: true };
      const told = (await waiting).errors?.map(({ extensions }) => extensions);
      // Who holds the lock is ended too, perhaps a moment earlier: whoever waits for it may then come as far as its commit.
      const isUnknown = told?.[0]?.['outcome'] === 'UNKNOWN';
      expect(told).toEqual([isUnknown ? { ...plain, outcome: 'UNKNOWN' } : plain]);
      const { status, errors } = await install(waits.orgId);
      expect({ status, extensions: errors?.[0]?.extensions }).toEqual({ status: 503, extensions: plain });
      expect(await ready()).toBe(503);
      expect((await app.fetch('/health')).status).toBe(200);

      await postgres.start();
      await waitUntil('the server is ready again', async () => (await ready()) === 200);
      if (!isUnknown) await expectState(database, waits, asInserted);
      await expectState(database, done, asInstalled);
      expect(await snapshotOrganization(database, neighbourId)).toEqual(neighbour);
      expect((await install(waits.orgId)).errors).toBeUndefined();
      await expectState(database, waits, asInstalled);
      countTried('faults');
    }
  },
);

test('installs that are answered as done before all processes of PostgreSQL crash are there after it', async () => {
  for (let round = 0; round < tries({ bounded: 3, deep: 60 }); round++) {
    const organizations = await Promise.all(Array.from({ length: 8 }, () => insertAcme(database)));
    const answers = organizations.map(async (each) => ({ each, ...(await install(each.orgId)) }));
    const first = await Promise.race(answers);
    expect(first.errors).toBeUndefined();
    await postgres.kill();
    const outcomes = await Promise.all(answers);
    await postgres.start();
    await waitUntil('the server is ready again', async () => (await ready()) === 200);

    for (const { each, errors } of outcomes) {
      const extensions = errors?.[0]?.extensions;
      const [organization] = await database.query<{ open: boolean }>(
        'select open_roots as open from organizations where id = $1',
        [each.orgId],
      );
      await expectState(database, each, organization?.open ? asInserted : asInstalled);
      if (errors === undefined) expect(organization?.open).toBe(false);
      else expect(extensions?.code).toBe('SERVICE_UNAVAILABLE');
      if (errors !== undefined && extensions?.['outcome'] === undefined) expect(organization?.open).toBe(true);
      expect((await install(each.orgId)).errors).toBeUndefined();
      await expectState(database, each, asInstalled);
    }
    countTried('faults');
  }
});

test('PostgreSQL of a server is told to keep all through a crash of the machine, which itself is not tried', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-durable-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  const plain = await startEmbeddedPostgres({ directory });
  onTestFinished(plain.stop);
  const settings = await query(
    plain.url,
    `select name, setting from pg_settings
     where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by name`,
  );
  expect(settings).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'full_page_writes', setting: 'on' },
    { name: 'synchronous_commit', setting: 'on' },
  ]);
});
