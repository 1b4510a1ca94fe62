import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { operatorToken } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { openCollector } from './collector.ts';
import { metricsUrl, type Scrape, scrape } from './metrics-client.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const settings = { DATABASE_URL: database.url, LOCK_TIMEOUT_MS: '2000' };
// Shorter than a lock is waited for: what that comes to, it comes to late.
const limits = { requestTimeoutMs: 1_000 };
let app: TestApp;
let before: Scrape;
let orgId: string;

const read = () => scrape(metricsUrl(app.logged));

beforeAll(async () => {
  app = await startApp({ ...settings, METRICS_PORT: '0' }, limits);
});
afterAll(() => app.stop());
beforeEach(async () => {
  orgId = await insertOrganization(database);
  before = await read();
});

const create = 'mutation ($orgId: ID!) { createWorkspace(orgId: $orgId, name: "x") { id } }';

async function holdOrganization(): Promise<TestClient> {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  return holder;
}

/** How much the errors of this code have grown in this test. */
const growth = (now: Scrape, code: string) => {
  const series = ['taproot_graphql_errors_total', { code }] as const;
  return (now.value(...series) ?? 0) - (before.value(...series) ?? 0);
};

/** How many writes have ended, also after their answer. */
const endings = ({ value }: Scrape) =>
  value('taproot_graphql_operation_duration_seconds_count', { type: 'mutation', field: 'createWorkspace' }) ?? 0;

/** The line about the one request of this status. */
async function lineOf(status: number): Promise<Record<string, unknown> | undefined> {
  const line = () => app.logged.find((entry) => entry['msg'] === 'Answered' && entry['status'] === status);
  await waitUntil('its line is logged', async () => line() !== undefined);
  return line();
}

test('a request that took too long is told of as it was answered, and not as it ended', async () => {
  const holder = await holdOrganization();
  expect((await app.execute(create, { orgId })).status).toBe(503);
  expect(await lineOf(503)).toMatchObject({
    caller: 'operator',
    operation: 'mutation',
    fields: ['createWorkspace'],
    errors: ['SERVICE_UNAVAILABLE'],
  });
  expect(growth(await read(), 'SERVICE_UNAVAILABLE')).toBe(1);

  await waitUntil('it has ended', async () => endings(await read()) > endings(before));
  const after = await read();
  expect([growth(after, 'LOCK_TIMEOUT'), growth(after, 'SERVICE_UNAVAILABLE')]).toEqual([0, 1]);
  await holder.query('rollback');
  expect(await database.query('select from workspaces where org_id = $1', [orgId])).toEqual([]);
});

test('a body that did not arrive is told of as well', async () => {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${operatorToken}` };
  const half = { method: 'POST', headers, body, duplex: 'half' };
  const { status } = await app.fetch('/graphql', half);
  expect(status).toBe(408);
  expect(await lineOf(408)).toMatchObject({ caller: 'operator', errors: ['LIMIT_EXCEEDED'] });
  expect(growth(await read(), 'LIMIT_EXCEEDED')).toBe(1);
});

test('the span of an operation that took too long bears the code of the answer', async () => {
  const collector = await openCollector();
  onTestFinished(collector.close);
  const traced = await startApp({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, limits);
  onTestFinished(traced.stop);
  const holder = await holdOrganization();
  expect((await traced.execute(create, { orgId })).status).toBe(503);
  await waitUntil('the lock was given up', async () => {
    const { rows } = await holder.query('select from pg_locks where not granted');
    return rows.length === 0;
  });
  await holder.query('rollback');
  // A read of the same server is answered behind the end of what gave up before it.
  await traced.expectData('{ organizations { totalCount } }');
  await traced.stop();
  const span = collector.spans.find(({ name }) => name === 'mutation createWorkspace');
  expect(span).toMatchObject({ failed: true, attributes: { 'taproot.error.codes': ['SERVICE_UNAVAILABLE'] } });
});
