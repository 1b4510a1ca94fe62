import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { operatorToken } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow } from '../support/organization-events.ts';
import { type Collector, openCollector, type SentSpan } from './collector.ts';

const database = await createTestDatabase();
watchNeighbour(database);
let collector: Collector;
let app: TestApp;
let orgId: string;

beforeEach(async () => {
  collector = await openCollector();
  onTestFinished(collector.close);
  app = await start(collector.url);
  orgId = await insertOrganization(database);
});

async function start(endpoint: string, more: Record<string, string> = {}): Promise<TestApp> {
  const started = await startApp({ DATABASE_URL: database.url, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more });
  onTestFinished(started.stop);
  return started;
}

/** All spans, once the server has stopped and so has sent the last of them. */
async function spans(): Promise<readonly SentSpan[]> {
  await app.stop();
  return collector.spans;
}

/** The one span of this name. */
function only(sent: readonly SentSpan[], name: string): SentSpan {
  const [span, ...more] = sent.filter((one) => one.name === name);
  if (span === undefined || more.length > 0) throw new Error(`Not one ${name} of ${sent.map((one) => one.name)}`);
  return span;
}

const parentOf = (sent: readonly SentSpan[], span: SentSpan) => sent.find(({ spanId }) => spanId === span.parentSpanId);

test('an install is one trace: the request, the operation, the transaction with its lock, and the statements', async () => {
  await insertRoot(database, orgId);
  const document = 'mutation Go($orgId: ID!) { installPlatformAgent(orgId: $orgId) { id } }';
  await app.expectData(document, { orgId });
  const sent = await spans();
  const request = only(sent, 'POST /graphql');
  const operation = only(sent, 'mutation installPlatformAgent');
  const write = only(sent, 'write organization');
  const lock = only(sent, 'lock organization');
  const commit = only(sent, 'COMMIT');
  expect(new Set(sent.map(({ traceId }) => traceId))).toEqual(new Set([request.traceId]));
  expect(request.parentSpanId).toBeUndefined();
  expect(parentOf(sent, operation)).toBe(request);
  expect(parentOf(sent, write)).toBe(operation);
  for (const statement of [lock, commit]) expect(parentOf(sent, statement)).toBe(write);
  expect(sent.filter((span) => 'db.query.text' in span.attributes).length).toBeGreaterThan(3);

  expect(request.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/graphql',
    'http.response.status_code': 200,
  });
  expect(operation.attributes).toEqual({
    'graphql.operation.type': 'mutation',
    'graphql.operation.name': 'Go',
    'taproot.graphql.fields': ['installPlatformAgent'],
  });
  expect(write).toMatchObject({ attributes: { 'taproot.organization.id': orgId }, events: ['transaction begins'] });
  expect(lock.attributes['db.query.text']).toMatch(/^select .*where id = \$1::uuid\s+for update$/s);
  expect(collector.resource).toMatchObject({ 'service.name': 'taproot', 'service.version': expect.any(String) });
  expect(sent.filter(({ failed }) => failed)).toEqual([]);
});

test("a request that is a part of its caller's trace stays one", async () => {
  const [traceId, parentId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  await app.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${parentId}-01` },
    body: '{"query":"{ __typename }"}',
  });
  const request = only(await spans(), 'POST /graphql');
  expect([request.traceId, request.parentSpanId]).toEqual([traceId, parentId]);
});

test('statements belong to the request that sent them, also when it had to wait for a connection', async () => {
  await app.stop();
  app = await start(collector.url, { DATABASE_POOL_SIZE: '1' });
  const ids: string[] = [];
  for (let count = 0; count < 8; count++) ids.push(await insertRoot(database, orgId));
  const read = 'query ($orgId: ID!, $id: ID!) { pluginAllowed(orgId: $orgId, workspaceId: $id, plugin: "x") }';
  await Promise.all(ids.map((id) => app.expectData(read, { orgId, id })));
  const sent = await spans();
  const statements = sent.filter((span) => 'db.query.text' in span.attributes);
  const operations = sent.filter(({ name }) => name === 'query pluginAllowed');
  expect(operations).toHaveLength(ids.length);
  const perOperation = operations.map(({ spanId }) => statements.filter((one) => one.parentSpanId === spanId).length);
  expect(new Set(perOperation).size).toBe(1);
  expect(perOperation[0]).toBeGreaterThan(0);
});

test('what fails is told by its code, and a wait for a lock in vain by its SQLSTATE', async () => {
  await app.stop();
  app = await start(collector.url, { LOCK_TIMEOUT_MS: '100' });
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const answer = app.execute('mutation ($id: ID!) { createWorkspace(orgId: $id, name: "x") { id } }', { id: orgId });
  expect((await answer).errors?.[0]?.extensions.code).toBe('LOCK_TIMEOUT');
  await holder.query('rollback');
  await app.execute('{ viewer { __typename } }', {}, 'not-a-token');
  const sent = await spans();
  const operation = only(sent, 'mutation createWorkspace');
  expect(operation).toMatchObject({ failed: true, attributes: { 'taproot.error.codes': ['LOCK_TIMEOUT'] } });
  const lock = only(sent, 'lock organization');
  expect(lock).toMatchObject({ failed: true, attributes: { 'db.response.status_code': '55P03' } });
  expect(only(sent, 'write organization').failed).toBe(true);
  const refused = sent.find(({ attributes }) => attributes['http.response.status_code'] === 401);
  expect(refused).toMatchObject({ failed: true, attributes: { 'taproot.error.codes': ['UNAUTHENTICATED'] } });
});

test('no secret, variable or document is in a trace, and nothing that is done for nobody is traced', async () => {
  const variable = `variable-${randomUUID()}`;
  const { token } = await mutate(app, 'createApiToken', { orgId: await ready(), name: variable }, '{ token }');
  await app.expectData('# a-comment-of-the-document\n{ viewer { __typename } }', {}, token);
  await app.fetch('/ready');
  const follower = await follow(app, orgId);
  await follower.next();
  await follower.close();
  const sent = await spans();
  expect(sent.filter(({ name }) => name === 'POST /graphql')).toHaveLength(3);
  const ids = new Set(sent.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name));
  expect(ids).toEqual(new Set(['POST /graphql']));
  for (const secret of [operatorToken, token, token.slice(-20), variable, 'a-comment-of-the-document', 'Bearer']) {
    expect(collector.text()).not.toContain(secret);
  }
});

/** The organization, with a root that tokens can hang on. */
async function ready(): Promise<string> {
  await insertRoot(database, orgId);
  return orgId;
}

test('a subscription is one span until it ends', async () => {
  const follower = await follow(app, orgId);
  await follower.next();
  expect(collector.spans).toEqual([]);
  await follower.close();
  const sent = await spans();
  expect(parentOf(sent, only(sent, 'subscription organizationEvents'))).toBe(only(sent, 'POST /graphql'));
});

test('a collector that refuses what it is sent harms no request, and is told of once', async () => {
  collector.status = 400;
  await mutate(app, 'createWorkspace', { orgId, name: 'One' });
  expect(await spans()).toEqual([]);
  expect(troubles(app)).toEqual([expect.stringMatching(/^The collector of OTEL_EXPORTER_OTLP_ENDPOINT does not take/)]);
  expect(await database.query('select name from workspaces where org_id = $1', [orgId])).toEqual([{ name: 'One' }]);
});

test.each(['is down', 'never answers'])(
  'a collector that %s harms no request, and holds up no stop for long',
  async (what) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    if (what === 'is down') silent.close();
    else onTestFinished(() => void silent.close());
    const held = await start(`http://127.0.0.1:${port}`);
    await mutate(held, 'createWorkspace', { orgId, name: 'One' });
    await held.stop();
    expect(troubles(held)).toEqual(['The collector did not take the last traces in time; they are lost']);
    expect(await database.query('select name from workspaces where org_id = $1', [orgId])).toEqual([{ name: 'One' }]);
  },
);

/** What the server has logged as not being right. */
const troubles = ({ logged }: TestApp) =>
  logged.filter(({ level }) => level !== 'debug' && level !== 'info').map(({ msg }) => msg);

test('requests wait for their transaction, not for the collector', async () => {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  collector.status = 503;
  const answer = mutate(app, 'createWorkspace', { orgId, name: 'One' }, '{ name }');
  await waitUntilBlockedBy(holder);
  await holder.query('commit');
  expect(await answer).toEqual({ name: 'One' });
});
