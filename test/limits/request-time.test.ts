import { connect } from 'node:net';
import { beforeEach, expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { alarmsIn } from '../support/alarms.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { waitUntilConnectionsAreIdle } from '../support/idle-connections.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const timeoutMs = 1_500;
const database = await createTestDatabase();
watchNeighbour(database);
const limits = { requestTimeoutMs: timeoutMs, maxSubscriptions: 1 };
const api = createTestApi(database, { limits, poolSize: 2 });
const { port, send, logged } = await serveOverHttp(api, { limits });

let orgId: string;
let rootId: string;
let token: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Root' });
  ({ token } = await insertToken(database, orgId, rootId));
});

/** Holds what `sql` locks, until it is released. */
async function hold(sql: string): Promise<TestClient> {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query(sql);
  return holder;
}

const unknown = {
  errors: [
    {
      message: expect.stringMatching(/took longer than 1500 ms.*may be changed all the same.*read it back/),
      extensions: { code: 'SERVICE_UNAVAILABLE', outcome: 'UNKNOWN' },
    },
  ],
};
const unchanged = {
  errors: [
    {
      message: expect.stringMatching(/took longer than 1500 ms.*Nothing was changed.*Try again/),
      extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true },
    },
  ],
};
const readName = async () => (await database.query('select name from workspaces where id = $1', [rootId]))[0]?.['name'];

test('a mutation that waits for too long is answered, carried out all the same, and leaves no connection busy', async () => {
  const holder = await hold(`select from organizations where id = '${orgId}' for update`);
  const rename = (name: string) =>
    api.execute(`mutation { renameWorkspace(orgId: "${orgId}", id: "${rootId}", name: "${name}") { name } }`);
  const { status, requestId, ...answer } = await rename('Late');
  expect(status).toBe(503);
  expect(answer).toEqual(unknown);
  expect(await readName()).toBe('Root');

  await holder.query('commit');
  await waitUntil('the name is written', async () => (await readName()) === 'Late');
  await waitUntilConnectionsAreIdle(database);
  expect((await rename('Late')).errors).toBeUndefined();
});

test('a mutation of several fields begins none of them any more when its time is over', async () => {
  const otherId = await insertRoot(database, orgId, { name: 'Other' });
  const rename = (id: string, name: string) =>
    `renameWorkspace(orgId: "${orgId}", id: "${id}", name: "${name}") { name }`;
  const holder = await hold(`select from organizations where id = '${orgId}' for update`);
  const { status, requestId, ...answer } = await api.execute(
    `mutation @sequential { a: ${rename(rootId, 'Late')} b: ${rename(otherId, 'Later')} }`,
  );
  expect(status).toBe(503);
  expect(answer).toEqual(unknown);

  await holder.query('commit');
  await waitUntil('the first is carried out', async () => (await readName()) === 'Late');
  await waitUntilConnectionsAreIdle(database);
  // Writes to one organization are serial: this one would come behind a second that had begun.
  await api.expectData(`mutation { ${rename(otherId, 'Next')} }`);
  await waitUntilConnectionsAreIdle(database);
  expect(await database.query('select subject_id from org_events where org_id = $1 order by seq', [orgId])).toEqual([
    { subject_id: rootId },
    { subject_id: otherId },
  ]);
  expect(await database.query('select name from workspaces where id = $1', [otherId])).toEqual([{ name: 'Next' }]);
});

test('as many as there are connections may be late at once, and then all connections serve again', async () => {
  const holder = await hold('lock table workspaces in access exclusive mode');
  const read = () => api.execute(`{ organization(id: "${orgId}") { roots { name } } }`);
  const late = await Promise.all(Array.from({ length: 6 }, read));
  await holder.query('commit');
  for (const { status, requestId, ...answer } of late) expect([status, answer]).toEqual([503, unchanged]);
  await waitUntilConnectionsAreIdle(database);
  await waitUntil('six are answered at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, read));
    return answers.every(({ data }) => data?.organization.roots[0].name === 'Root');
  });
});

test('a caller whose look-up takes too long is answered too, and does nothing behind that answer', async () => {
  const holder = await hold('lock table org_api_tokens in access exclusive mode');
  const document = `mutation { renameWorkspace(orgId: "${orgId}", id: "${rootId}", name: "Late") { name } }`;
  const { status, requestId, ...answer } = await api.execute(document, {}, token);
  await holder.query('commit');
  expect(status).toBe(503);
  expect(answer).toEqual(unchanged);
  await waitUntil('the caller has been looked up', async () => {
    const tokens = await database.query('select from org_api_tokens where org_id = $1 and last_used_at is not null', [
      orgId,
    ]);
    return tokens.length > 0;
  });
  // Writes to one organization are serial: this one would come behind the late one.
  await api.expectData(document.replace('Late', 'Next'));
  expect(await database.query('select type from org_events where org_id = $1', [orgId])).toEqual([
    { type: 'workspace.renamed' },
  ]);
  expect(await readName()).toBe('Next');
  await waitUntilConnectionsAreIdle(database);
});

test.each(['org_api_tokens', 'organizations'])(
  'a subscription that begins too late, as %s cannot be read, takes no room',
  async (table) => {
    const document = `subscription { organizationEvents(orgId: "${orgId}") { id } }`;
    const holder = await hold(`lock table ${table} in access exclusive mode`);
    const late = await api.subscribe(document, {}, token);
    await holder.query('commit');
    expect(late.status).toBe(503);
    await waitUntilConnectionsAreIdle(database);
    const subscription = await api.subscribe(document, {}, token);
    expect(await subscription.next()).toMatchObject({ data: {} });
  },
);

test('a subscription lives on for as long as it likes', async () => {
  const subscription = await api.subscribe(
    `subscription { organizationEvents(orgId: "${orgId}") { events { type } } }`,
    {},
    token,
  );
  await subscription.next();
  const holder = await hold(`select from organizations where id = '${orgId}' for update`);
  expect(
    (await api.execute(`mutation { setPluginPolicy(orgId: "${orgId}", policy: ALLOW_LISTED) { id } }`)).status,
  ).toBe(503);
  await holder.query('commit');
  expect(await subscription.next()).toMatchObject({
    data: { organizationEvents: { events: [{ type: 'plugin_policy.set' }] } },
  });
});

test('what ended late alarms nobody but by the warning that it took too long', () => {
  expect(alarmsIn([...api.logged, ...logged])).toEqual([]);
});

/** Sends the beginning of a request and nothing more, until the server closes the connection. */
async function stall(beginning: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (text) => {
    received += text;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(beginning);
  await closed;
  return received;
}

test.each([
  ['nothing', ''],
  ['a half', '{"query":'],
])('a body of which %s arrives is told so, and its connection closed', async (_, part) => {
  const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${operatorToken}\r\n`;
  const received = await stall(`${head}content-type: application/json\r\ncontent-length: 100\r\n\r\n${part}`);
  expect(received).toMatch(/^HTTP\/1\.1 408 /);
  expect(JSON.parse(received.slice(received.indexOf('{'), received.lastIndexOf('}') + 1))).toEqual({
    errors: [
      { message: expect.stringContaining('did not arrive within 1500 ms'), extensions: { code: 'LIMIT_EXCEEDED' } },
    ],
  });
});

test('a large body that nobody has read yet, as its caller is looked up, is not told that it did not arrive', async () => {
  const holder = await hold('lock table org_api_tokens in access exclusive mode');
  const { status, body } = await send('/graphql', {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ viewer { kind } }', variables: { large: 'x'.repeat(1_000_000) } }),
  });
  await holder.query('commit');
  expect(status).toBe(503);
  expect(JSON.parse(body)).toEqual(unchanged);
  await waitUntilConnectionsAreIdle(database);
});

test('headers that do not arrive end the connection', async () => {
  expect(await stall('POST /graphql HTTP/1.1\r\nhost: loc')).toMatch(/^HTTP\/1\.1 408 /);
});
