import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { metricsUrl, scrape } from './metrics-client.ts';

const database = await createTestDatabase();
watchNeighbour(database);

let app: TestApp;
let holder: TestClient;
beforeEach(async () => {
  app = await startApp({
    DATABASE_URL: database.url,
    METRICS_PORT: '0',
    LOCK_TIMEOUT_MS: '20000',
    STATEMENT_TIMEOUT_MS: '21000',
    TRANSACTION_TIMEOUT_MS: '22000',
    SHUTDOWN_GRACE_SECONDS: '3600',
  });
  holder = await database.connect();
  await holder.query('begin');
  onTestFinished(async () => {
    await holder.query('rollback');
    await app.stop();
  });
});

const isRefused = () =>
  app.fetch('/ready').then(
    ({ status }) => status === 503,
    () => true,
  );

test('a stop does not wait for a count of stale agents before it takes no more requests', async () => {
  await holder.query('lock table workspace_heartbeats');
  const scraped = scrape(metricsUrl(app.logged)).catch(() => undefined);
  await waitUntilBlockedBy(holder);
  const stopped = app.stop();
  await waitUntil('no request is taken any more', isRefused);
  await holder.query('rollback');
  await stopped;
  await scraped;
});

test('metrics are told while running requests are finished, and no longer', async () => {
  const orgId = await insertOrganization(database);
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const running = mutate(app, 'createWorkspace', { orgId, name: 'late' }, '{ name }');
  await waitUntilBlockedBy(holder);
  const stopped = app.stop();
  await waitUntil('no request is taken any more', isRefused);
  const url = metricsUrl(app.logged);
  expect((await scrape(url)).value('taproot_serving_processes')).toBe(1);
  await holder.query('commit');
  expect(await running).toEqual({ name: 'late' });
  await stopped;
  await expect(fetch(url)).rejects.toThrow();
});
