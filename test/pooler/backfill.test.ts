import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { runBackfill, SLOW } from '../backfill/backfill-process.ts';
import { countInstalls, insertWaiting } from '../backfill/organizations.ts';
import { createTestDatabase } from '../support/database.ts';
import { compileServer } from '../support/server-process.ts';
import { startPgBouncer } from './pgbouncer.ts';
import { holdTimeouts, timeouts } from './timeouts.ts';

const poolSize = 5;

const database = await createTestDatabase();
const pooler = await startPgBouncer(inject('postgresUrl'), { default_pool_size: poolSize, query_wait_timeout: 2 });
afterAll(pooler.stop);
const settings = { ...timeouts, DATABASE_URL: pooler.urlOf(database.url), DIRECT_DATABASE_URL: database.url };

vi.setConfig(SLOW);
beforeAll(compileServer);
beforeAll(() => holdTimeouts(database));

test('a backfill goes through the pooler, with as many connections as that has sessions and no more', async () => {
  const ids = await insertWaiting(database, 100);
  const refused = await runBackfill(settings, '--concurrency', String(poolSize));
  expect(refused.status).toBe(2);
  expect(refused.progress).toContain(`let in only ${poolSize} of ${poolSize + 1} connections. Lower --concurrency`);

  const run = await runBackfill(settings, '--concurrency', String(poolSize - 1));
  expect(run.status).toBe(0);
  expect((await run.report()).summary).toMatchObject({ end: 'finished', installed: ids.length, left: 0 });
  expect(new Set((await countInstalls(database)).values())).toEqual(new Set([1]));
});
