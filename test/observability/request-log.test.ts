import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { operatorToken } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow } from '../support/organization-events.ts';

const database = await createTestDatabase();
watchNeighbour(database);
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ DATABASE_URL: database.url });
});
afterAll(() => app.stop());

const lines = () => app.logged.filter(({ msg }) => msg === 'Answered');

/** Does the work, and returns the lines about its requests: so many, once they are there. */
async function linesOf(work: () => Promise<unknown>, count = 1): Promise<Record<string, unknown>[]> {
  const before = lines().length;
  await work();
  await waitUntil('the lines are logged', async () => lines().length >= before + count);
  return lines().slice(before);
}

/** What every line has beside what it tells. */
const anyTime = { time: expect.any(String), requestId: expect.any(String), ms: expect.any(Number), msg: 'Answered' };

test('a request of the API is one line, with its caller, its operation and how long it took', async () => {
  const document =
    'query Overview { me: viewer { __typename } ...More } fragment More on Query { organizations { totalCount } }';
  expect(await linesOf(() => app.expectData(document))).toEqual([
    {
      level: 'info',
      ...anyTime,
      method: 'POST',
      path: '/graphql',
      status: 200,
      caller: 'operator',
      operation: 'query',
      fields: ['viewer', 'organizations'],
      operationName: 'Overview',
    },
  ]);
});

test('the line of a request with a token of an organization names both', async () => {
  const orgId = await insertOrganization(database);
  const { id, token } = await insertToken(database, orgId, await insertRoot(database, orgId));
  const [line] = await linesOf(() => mutate(app, 'createWorkspace', { orgId, name: 'One' }, '{ id }', token));
  expect(line).toMatchObject({ caller: `token:${id}`, organization: orgId, fields: ['createWorkspace'] });
  expect(line).not.toHaveProperty('operationName');
  expect(line).not.toHaveProperty('errors');
});

test('the line bears the id of its request', async () => {
  const headers = { 'x-request-id': 'of-the-caller', 'content-type': 'application/json' };
  const [line] = await linesOf(() =>
    app.fetch('/graphql', { method: 'POST', headers, body: '{"query":"{__typename}"}' }),
  );
  expect(line).toMatchObject({ requestId: 'of-the-caller', errors: ['UNAUTHENTICATED'] });
  for (const unread of ['caller', 'operation', 'fields']) expect(line).not.toHaveProperty(unread);
});

test.each([
  ['whose token is not valid', 'query Mine { viewer { __typename } }', 'not-a-token', 401, 'UNAUTHENTICATED', {}],
  ['whose document is not valid', '{ nonsense }', undefined, 200, 'BAD_USER_INPUT', {}],
  [
    'that fails as an operation',
    'mutation Go { installPlatformAgent(orgId: "x") { id } }',
    undefined,
    200,
    'BAD_USER_INPUT',
    { operation: 'mutation', fields: ['installPlatformAgent'], operationName: 'Go', caller: 'operator' },
  ],
])('the line of a request %s tells the code', async (_, document, token, status, code, more) => {
  const [line] = await linesOf(() => app.execute(document, {}, token));
  expect(line).toMatchObject({ level: 'info', errors: [code], ...more });
  expect([status, 400]).toContain(line?.['status']);
});

test('codes that occur more than once are told once', async () => {
  const [line] = await linesOf(() =>
    app.execute('{ a: organization(id: "x") { id } b: organization(id: "y") { id } }'),
  );
  expect(line).toMatchObject({ errors: ['BAD_USER_INPUT'], fields: ['organization'] });
});

test('a request that is refused before it is read has its line too', async () => {
  const body = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' };
  const [line] = await linesOf(() => app.fetch('/graphql?key=of-somebody', body));
  expect(line).toMatchObject({ level: 'info', path: '/graphql', status: 415, errors: ['BAD_USER_INPUT'] });
  expect(JSON.stringify(line)).not.toContain('of-somebody');
});

test.each(['/health', '/ready', '/', '/nowhere'])(
  'what is no request of the API is told at debug: %s',
  async (path) => {
    const [line] = await linesOf(() => app.fetch(path));
    expect(line).toMatchObject({ level: 'debug', method: 'GET', path });
  },
);

test.each([
  ['is cut', 'x'.repeat(200), 'x'.repeat(100)],
  ['is left out where GraphQL would not take it for one: it may be anything', 'a\u202eb\u200b', undefined],
  ['is left out where it is a token', `tap_${randomUUID()}_${'x'.repeat(43)}`, undefined],
])("a client's name for its operation, which need not be there, %s", async (_, sent, logged) => {
  const body = JSON.stringify({ query: '{ __typename }', operationName: sent });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${operatorToken}` };
  const [line] = await linesOf(() => app.fetch('/graphql', { method: 'POST', headers, body }));
  expect(line?.['operationName']).toBe(logged);
});

test('a subscription is one line, when it ends', async () => {
  const orgId = await insertOrganization(database);
  const [line, ...more] = await linesOf(async () => {
    const follower = await follow(app, orgId);
    await follower.next();
    expect(lines().filter(({ operation }) => operation === 'subscription')).toEqual([]);
    await follower.close();
  });
  expect(line).toMatchObject({
    level: 'info',
    status: 200,
    aborted: true,
    caller: 'operator',
    operation: 'subscription',
    fields: ['organizationEvents'],
    operationName: 'OrganizationEvents',
  });
  expect(more).toEqual([]);
});

test('a request that its client gives up is told as such, without a status', async () => {
  const orgId = await insertOrganization(database);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const [line] = await linesOf(async () => {
    const aborted = new AbortController();
    const answer = app.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${operatorToken}` },
      body: JSON.stringify({ query: `mutation { createWorkspace(orgId: "${orgId}", name: "x") { id } }` }),
      signal: aborted.signal,
    });
    await waitUntilBlockedBy(holder);
    aborted.abort();
    await expect(answer).rejects.toThrow();
  });
  await holder.query('rollback');
  expect(line).toMatchObject({ aborted: true, caller: 'operator', fields: ['createWorkspace'] });
  expect(line).not.toHaveProperty('status');
});
