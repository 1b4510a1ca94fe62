import { connect } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createTestApi, operatorToken } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { serveOverHttp } from './http-client.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const { port, logged } = await serveOverHttp(createTestApi(database));

/** Bytes of a body at most. */
const limit = 2_000_000;

beforeEach(() => {
  logged.splice(0);
});

/** A connection that sends what a client hardly would. */
function open() {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  let received = '';
  socket.setEncoding('utf8').on('data', (text) => {
    received += text;
  });
  socket.on('error', () => {});
  return {
    socket,
    begin(header: string) {
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${operatorToken}\r\n` +
          `content-type: application/json\r\n${header}\r\n\r\n`,
      );
    },
    sendChunks(parts: Iterable<Uint8Array | string>) {
      for (const part of parts) {
        socket.write(`${Buffer.byteLength(part).toString(16)}\r\n`);
        socket.write(part);
        socket.write('\r\n');
      }
    },
    /** The statuses of the answers so far. */
    statuses: () => [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status)),
    async untilReceived(text: string) {
      await waitUntil(`the answer says ${text}`, async () => received.includes(text));
    },
  };
}

const untilOver = () => waitUntil('the request is over', async () => logged.some(({ msg }) => msg === 'Answered'));

/** A query in a body of so many bytes. */
function bodyOf(bytes: number): string {
  const body = (filling: string) => JSON.stringify({ query: '{ viewer { kind } }', variables: { filling } });
  return body('x'.repeat(bytes - body('').length));
}

const creation = (name: string) =>
  JSON.stringify({
    query: 'mutation ($name: String!) { createOrganization(name: $name) { id } }',
    variables: { name },
  });
const readNames = () => database.query('select name from organizations where name <> $1', ['Acme']);

describe.each([
  ['whose length is told beforehand', (body: string) => ({ header: `content-length: ${body.length}`, parts: [body] })],
  [
    'that comes in pieces',
    (body: string) => ({ header: 'transfer-encoding: chunked', parts: [body.slice(0, 999_999), body.slice(999_999)] }),
  ],
])('a body %s', (_, divide) => {
  async function send(bytes: number) {
    const { header, parts } = divide(bodyOf(bytes));
    const connection = open();
    connection.begin(header);
    if (header.startsWith('content-length')) connection.socket.write(parts.join(''));
    else connection.sendChunks([...parts, '']);
    return connection;
  }

  test('may be as large as the limit', async () => {
    const connection = await send(limit);
    await connection.untilReceived('"kind":"OPERATOR"');
    expect(connection.statuses()).toEqual([200]);
  });

  test('may not be larger by a byte', async () => {
    const connection = await send(limit + 1);
    await connection.untilReceived('LIMIT_EXCEEDED');
    expect(connection.statuses()).toEqual([413]);
  });
});

test('a body that is said to be too large is refused before it is sent', async () => {
  const connection = open();
  connection.begin(`content-length: ${limit + 1}`);
  await connection.untilReceived('LIMIT_EXCEEDED');
  expect(connection.statuses()).toEqual([413]);
});

test('a connection on which a body was refused by its length serves the next request', async () => {
  const connection = open();
  connection.begin(`content-length: ${limit + 1}`);
  connection.socket.write(bodyOf(limit + 1));
  const next = bodyOf(100);
  connection.begin(`content-length: ${next.length}`);
  connection.socket.write(next);
  await connection.untilReceived('"kind":"OPERATOR"');
  expect(connection.statuses()).toEqual([413, 200]);
});

test('characters of several bytes are read whole, wherever the body is cut', async () => {
  const name = 'Größe, 尺寸, حجم, 🚀';
  const connection = open();
  connection.begin('transfer-encoding: chunked');
  connection.sendChunks([...Buffer.from(creation(name))].map((byte) => Uint8Array.of(byte)));
  connection.sendChunks(['']);
  await connection.untilReceived('createOrganization');
  expect(connection.statuses()).toEqual([200]);
  expect(await readNames()).toEqual([{ name }]);
  await database.query('delete from org_events where org_id in (select id from organizations where name = $1)', [name]);
  await database.query('delete from organizations where name = $1', [name]);
});

test.each([
  ['whose length is told beforehand', 'content-length: 1000'],
  ['that comes in pieces', 'transfer-encoding: chunked'],
])('a client that goes away in the midst of a body %s leaves nothing behind, and alarms nobody', async (_, header) => {
  const connection = open();
  connection.begin(header);
  const body = creation('Abandoned');
  if (header.startsWith('content-length')) connection.socket.write(body);
  else connection.sendChunks([body]);
  await waitUntil(
    'the body has been sent',
    async () => connection.socket.bytesWritten > 0 && connection.socket.writableLength === 0,
  );
  connection.socket.destroy();
  await untilOver();
  expect(logged.filter(({ level }) => level !== 'debug' && level !== 'info')).toEqual([]);
  expect(await readNames()).toEqual([]);
});
