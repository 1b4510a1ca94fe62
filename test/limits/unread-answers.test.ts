import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi } from '../support/api.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const limits = { maxSubscriptions: 1, maxAliases: 1_000 };
const { port, logged } = await serveOverHttp(api, { limits, unreadMs: 1_000 });

let orgId: string;
let rootId: string;
let token: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId);
  ({ token } = await insertToken(database, orgId, rootId));
});

/** A workspace as a name of many letters for one field: a hundred of these are more than the system holds for a reader. */
const largeWorkspace = `fragment Large on Workspace { ${'x'.repeat(200_000)}: id }`;
const hundredOf = (field: string) =>
  Array.from({ length: 100 }, (_, nth) => `_${nth}: ${field} { ...Large }`).join(' ');
const largeQuery = () =>
  `query Large { ${hundredOf(`workspace(orgId: "${orgId}", id: "${rootId}")`)} } ${largeWorkspace}`;

interface Client {
  readonly socket: Socket;
  /** What it has read so far. */
  readonly received: () => string;
  readonly send: (query: string) => void;
}

/** Opens a connection. It reads all that comes, until its socket is paused. */
async function open(): Promise<Client> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  await once(socket, 'connect');
  const send = (query: string) => {
    const body = JSON.stringify({ query });
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  };
  return { socket, received: () => received, send };
}

const lineOf = (name: string) => logged.find(({ msg, operationName }) => msg === 'Answered' && operationName === name);

test('an answer that nobody reads is given up, and its line is logged', async () => {
  const client = await open();
  client.socket.pause();
  client.send(largeQuery());
  await waitUntil('the answer is given up', async () => lineOf('Large') !== undefined);
  expect(lineOf('Large')).toMatchObject({ level: 'info', status: 200, aborted: true, fields: ['workspace'] });
});

test('a stream of events that nobody reads any more is ended, and takes no room', async () => {
  const states = `states { workspace { ${hundredOf('root')} } }`;
  const document = `subscription Unread { organizationEvents(orgId: "${orgId}") { id ${states} } } ${largeWorkspace}`;
  const client = await open();
  client.send(document);
  await waitUntil('it has begun', async () => client.received().includes('event: next'));
  client.socket.pause();
  await api.expectData(`mutation { recordHeartbeat(orgId: "${orgId}", workspaceId: "${rootId}") { id } }`, {}, token);
  await waitUntil('the stream is given up', async () => lineOf('Unread') !== undefined);
  const next = await open();
  next.send(`subscription { organizationEvents(orgId: "${orgId}") { id } }`);
  await waitUntil('the next one is told', async () => /data: .*\n/.test(next.received()));
  expect(next.received()).toContain('{"data":{"organizationEvents":{"id":');
});

test('what is read goes on, however long there is nothing to read', async () => {
  const [follower, waiting, idle, unread] = await Promise.all([open(), open(), open(), open()]);
  const answers = (client: Client) => client.received().match(/HTTP\/1\.1 200 OK/g)?.length;
  for (const client of [waiting, idle]) client.send(largeQuery());
  follower.send(`subscription { organizationEvents(orgId: "${orgId}") { id states { status } } }`);
  await waitUntil('all are read', async () =>
    [waiting, idle, follower].every((client) => /(?:\}\}\}|\n)$/.test(client.received().slice(-9))),
  );

  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  waiting.send(`mutation { renameWorkspace(orgId: "${orgId}", id: "${rootId}", name: "Late") { name } }`);
  await waitUntilBlockedBy(holder);
  unread.socket.pause();
  unread.send(largeQuery().replace('Large', 'Later'));
  await waitUntil('one that came later is given up', async () => lineOf('Later') !== undefined);
  await holder.query('commit');

  await waitUntil('the change is answered', async () => waiting.received().includes('{"name":"Late"}'));
  idle.send('{ viewer { kind } }');
  await waitUntil('the next query is answered', async () => answers(idle) === 2);
  await api.expectData(`mutation { recordHeartbeat(orgId: "${orgId}", workspaceId: "${rootId}") { id } }`, {}, token);
  await waitUntil('the heartbeat is told', async () => follower.received().includes('"status":"ONLINE"'));
});
