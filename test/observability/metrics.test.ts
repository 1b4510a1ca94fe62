import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { codeOf } from '../../src/metrics/operations.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow } from '../support/organization-events.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { recordStatements } from '../support/statements.ts';
import { metricsUrl, type Scrape, scrape } from './metrics-client.ts';

const poolSize = 6;

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);
let app: TestApp;
let before: Scrape;
let orgId: string;

beforeAll(async () => {
  app = await startApp({
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: String(poolSize),
    LOCK_TIMEOUT_MS: '2000',
    METRICS_PORT: '0',
  });
});
afterAll(() => app.stop());
beforeEach(async () => {
  orgId = await insertOrganization(database);
  before = await read();
});

const read = () => scrape(metricsUrl(app.logged));

type Labels = Readonly<Record<string, string>>;
type Series = readonly [name: string] | readonly [name: string, labels: Labels];
type Growth = readonly [name: string, by: number] | readonly [name: string, labels: Labels, by: number];

/** How much a series has grown in this test. */
const growth = (now: Scrape, [name, labels]: Series) =>
  (now.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);

/** Waits until each has grown by that much: what is counted when a request is over may come after its answer. */
async function expectGrowth(...expected: readonly Growth[]): Promise<void> {
  const wanted = expected.map((entry) => (entry.length === 2 ? entry[1] : entry[2]));
  let grown: number[] = [];
  await waitUntil('the metrics have come in', async () => {
    const now = await read();
    grown = expected.map((entry) => growth(now, entry.length === 2 ? [entry[0]] : [entry[0], entry[1]]));
    return grown.every((by, index) => by >= (wanted[index] ?? 0));
  });
  expect(grown).toEqual(wanted);
}

const requests = (method: string, status: string) => ['taproot_http_requests_total', { method, status }] as const;
const operations = (type: string, field: string) => ['taproot_graphql_operations_total', { type, field }] as const;
const durations = (type: string, field: string) =>
  ['taproot_graphql_operation_duration_seconds_count', { type, field }] as const;
const errors = (code: string) => ['taproot_graphql_errors_total', { code }] as const;
const installs = (outcome: string) => ['taproot_installs_total', { outcome }] as const;
const heartbeats = (mode: string) => ['taproot_heartbeats_recorded_total', { mode }] as const;
const lockWaits = ['taproot_organization_lock_wait_seconds_count'] as const;
const queueWaits = ['taproot_write_queue_wait_seconds_count'] as const;

test('requests are counted by method and status, with how long each took', async () => {
  await app.fetch('/health');
  await app.execute('{ viewer { __typename } }');
  await app.execute('{ viewer { __typename } }', {}, 'not-a-token');
  await app.fetch('/graphql', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
  await app.fetch('/', { method: 'PUT' });
  await expectGrowth(
    [...requests('GET', '200'), 1],
    [...requests('POST', '200'), 1],
    [...requests('POST', '401'), 1],
    [...requests('POST', '415'), 1],
    [...requests('other', '404'), 1],
    ['taproot_http_request_duration_seconds_count', { method: 'POST', status: '200' }, 1],
    ['taproot_http_request_duration_seconds_bucket', { method: 'POST', status: '200', le: '+Inf' }, 1],
  );
});

test('operations are counted by root field, under the names of the schema', async () => {
  await app.expectData('query Q { mine: viewer { __typename } viewer { __typename } organizations { totalCount } }');
  await app.expectData('query { ...All } fragment All on Query { ... { viewer { __typename } } }');
  await mutate(app, 'createWorkspace', { orgId, name: 'One' });
  await expectGrowth(
    [...operations('query', 'viewer'), 2],
    [...operations('query', 'organizations'), 1],
    [...operations('mutation', 'createWorkspace'), 1],
    [...durations('query', 'viewer'), 2],
    [...durations('mutation', 'createWorkspace'), 1],
    ['taproot_graphql_operation_duration_seconds_bucket', { type: 'query', field: 'viewer', le: '+Inf' }, 2],
  );
});

test('no word of a client becomes a label: neither names, ids, codes nor methods', async () => {
  const hostile = `Hostile${randomUUID().replaceAll('-', '')}`;
  await app.expectData(`query ${hostile} { ${hostile}: viewer { __typename } }`);
  await app.execute(`query ${hostile} { ${hostile} }`);
  await app.execute(`{ viewer { __typename }`, {}, hostile);
  await app.execute(`query ($id: ID!) { ${hostile}: organization(id: $id) { name } }`, { id: orgId });
  await refuse(app, 'createWorkspace', { orgId: randomUUID(), name: hostile });
  await app.fetch(`/${hostile}`, { headers: { 'x-request-id': hostile } });
  await expectGrowth([...requests('GET', '404'), 1], [...operations('query', 'viewer'), 1]);
  const { text } = await read();
  expect(text).not.toContain(hostile);
  expect(text).not.toContain(orgId);
  expect(text).not.toContain(neighbour.orgId);
});

test('errors are counted by code, each of an answer', async () => {
  await app.execute('{ viewer { __typename } }', {}, 'not-a-token');
  await app.execute('{ nonsense }');
  const two = `query ($id: ID!) {
    a: pluginAllowed(orgId: $id, workspaceId: $id, plugin: "x")
    b: pluginAllowed(orgId: $id, workspaceId: $id, plugin: "y")
  }`;
  const { errors: told } = await app.execute(two, { id: randomUUID() });
  expect(told?.map(({ extensions }) => extensions.code)).toEqual(['ORGANIZATION_NOT_FOUND']);
  await expectGrowth(
    [...errors('UNAUTHENTICATED'), 1],
    [...errors('BAD_USER_INPUT'), 1],
    [...errors('ORGANIZATION_NOT_FOUND'), 1],
    [...errors('INTERNAL_SERVER_ERROR'), 0],
  );
});

test('an error whose code is none of the closed set counts as unexpected', () => {
  expect(codeOf(new GraphQLError('x', { extensions: { code: 'NAME_CONFLICT' } }))).toBe('NAME_CONFLICT');
  expect(codeOf(new GraphQLError('x', { extensions: { code: 'SOMETHING_ELSE' } }))).toBe('INTERNAL_SERVER_ERROR');
  expect(codeOf(new GraphQLError('x'))).toBe('INTERNAL_SERVER_ERROR');
});

test('installs are counted by what they come to', async () => {
  const taken = await insertOrganization(database);
  await insertRoot(database, taken, { name: 'Acme Agent' });
  const document = `mutation ($orgId: ID!, $taken: ID!) @sequential {
    first: installPlatformAgent(orgId: $orgId) { id }
    again: installPlatformAgent(orgId: $orgId) { id installation { installedBy } }
    last: installPlatformAgent(orgId: $taken) { id }
  }`;
  const { errors: told } = await app.execute(document, { orgId, taken });
  expect(told?.map(({ extensions }) => extensions.code)).toEqual(['NAME_CONFLICT']);
  await refuse(app, 'installPlatformAgent', { orgId: randomUUID() });
  await refuse(app, 'createWorkspace', { orgId: randomUUID(), name: 'No install' });
  await expectGrowth(
    [...installs('installed'), 1],
    [...installs('already_installed'), 1],
    [...installs('NAME_CONFLICT'), 1],
    [...installs('ORGANIZATION_NOT_FOUND'), 1],
  );
});

test('heartbeats are counted as they are recorded, and cost no statement more', async () => {
  const [one, other] = [await insertRoot(database, orgId), await insertRoot(database, orgId)];
  const sent = await recordStatements(() => mutate(app, 'recordHeartbeat', { orgId, workspaceId: one }));
  expect(sent).toHaveLength(1);
  const beats = [one, other, randomUUID()].map((workspaceId) => ({ workspaceId }));
  expect(await mutate(app, 'recordHeartbeats', { orgId, heartbeats: beats }, '')).toBe(2);
  await refuse(app, 'recordHeartbeat', { orgId, workspaceId: randomUUID() });
  const { workspace_heartbeats: rows } = await snapshotOrganization(database, orgId);
  expect(rows).toHaveLength(2);
  await expectGrowth([...heartbeats('single'), 1], [...heartbeats('batch'), 2]);
});

test('waits for a lock are counted, in vain or not, and connections are shown busy meanwhile', async () => {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const written = ['One', 'Two'].map((name) => app.execute(create, { orgId, name }));
  await waitUntilBlockedBy(holder, 2);
  const meanwhile = await read();
  expect(meanwhile.value('taproot_database_connections', { database: 'primary', state: 'busy' })).toBe(2);
  expect(meanwhile.value('taproot_database_connections_max', { database: 'primary' })).toBe(poolSize);
  expect(meanwhile.value('taproot_database_connection_waits', { database: 'primary' })).toBe(0);
  expect(growth(meanwhile, lockWaits)).toBe(0);
  expect(growth(meanwhile, queueWaits)).toBe(2);

  const late = await Promise.all(written);
  expect(late.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(['LOCK_TIMEOUT', 'LOCK_TIMEOUT']);
  await holder.query('commit');
  await mutate(app, 'createWorkspace', { orgId, name: 'Three' });
  const waitedLong = ['taproot_organization_lock_wait_seconds_bucket', { le: '1' }] as const;
  await expectGrowth([...lockWaits, 3], [...waitedLong, 1], [...queueWaits, 3], [...errors('LOCK_TIMEOUT'), 2]);
  const after = await read();
  expect(after.value('taproot_database_connections', { database: 'primary', state: 'busy' })).toBe(0);
  expect((await snapshotOrganization(database, orgId))['workspaces']).toHaveLength(1);
});

const create = 'mutation ($orgId: ID!, $name: String!) { createWorkspace(orgId: $orgId, name: $name) { id } }';

test('a write whose turn does not come in time has waited too', async () => {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  // Two of an organization are let through at once: of five, three wait in the queue until its bound is over.
  const answers = Array.from({ length: 5 }, (_, index) => app.execute(create, { orgId, name: `W${index}` }));
  await waitUntilBlockedBy(holder, 2);
  expect((await Promise.all(answers)).every(({ errors }) => errors?.[0]?.extensions.code === 'LOCK_TIMEOUT')).toBe(
    true,
  );
  await holder.query('commit');
  await expectGrowth([...queueWaits, 5], [...errors('LOCK_TIMEOUT'), 5]);
  expect((await snapshotOrganization(database, orgId))['workspaces']).toEqual([]);
});

test('what waits for a connection is shown as long as it does', async () => {
  const workspaceId = await insertRoot(database, orgId);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from workspace_heartbeats where workspace_id = $1 for update', [workspaceId]);
  const beat = () => mutate(app, 'recordHeartbeats', { orgId, heartbeats: [{ workspaceId }] }, '');
  const answers = Array.from({ length: poolSize + 2 }, beat);
  await waitUntilBlockedBy(holder, poolSize);
  const waits = async () => (await read()).value('taproot_database_connection_waits', { database: 'primary' });
  await waitUntil('two wait for a connection', async () => (await waits()) === 2);
  await holder.query('commit');
  expect(await Promise.all(answers)).toEqual(Array(poolSize + 2).fill(1));
  expect(await waits()).toBe(0);
});

test('a subscription is open until its client goes away, and is counted once', async () => {
  const open = async () => (await read()).value('taproot_open_subscriptions');
  expect(await open()).toBe(0);
  const follower = await follow(app, orgId);
  await follower.next();
  expect(await open()).toBe(1);
  await follower.close();
  await waitUntil('it is closed', async () => (await open()) === 0);
  await expectGrowth(
    [...operations('subscription', 'organizationEvents'), 1],
    [...requests('POST', '200'), 1],
    ['taproot_http_request_duration_seconds_count', { method: 'POST', status: '200' }, 0],
  );
});

test('a subscription that is refused is none', async () => {
  const refused = await app.subscribe('subscription ($id: ID!) { organizationEvents(orgId: $id) { id } }', {
    id: randomUUID(),
  });
  expect((await refused.next())?.errors?.[0]?.extensions.code).toBe('ORGANIZATION_NOT_FOUND');
  await refused.close();
  await expectGrowth([...errors('ORGANIZATION_NOT_FOUND'), 1], ['taproot_open_subscriptions', 0]);
});

test('every metric of ours is named as Prometheus has it, and says what it means', async () => {
  const { text } = await read();
  const types = [...text.matchAll(/^# TYPE (taproot_\w+) (\w+)$/gm)];
  expect(types.length).toBeGreaterThan(12);
  for (const [, name = '', type] of types) {
    expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.+\\.$`, 'm'));
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  }
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).toMatch(/taproot_build_info\{version="\d+\.\d+\.\d+",node_version="v\d+\.\d+\.\d+"\} 1/);
});

test('metrics are served at their own port alone, and nothing else is there', async () => {
  const url = metricsUrl(app.logged);
  expect((await app.fetch('/metrics')).status).toBe(404);
  expect((await fetch(url.replace('/metrics', '/graphql'))).status).toBe(404);
  const post = await fetch(url, { method: 'POST' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await fetch(url)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
});
