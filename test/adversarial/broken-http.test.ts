import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { alarmsIn } from '../support/alarms.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type RawAnswer, sendRaw } from './raw-http.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);
const { port, logged } = await serveOverHttp(api);

const query = JSON.stringify({ query: '{ viewer { kind } }' });
const intruder = JSON.stringify({ query: 'mutation { createOrganization(name: "Intruder") { id } }' });
const head = (...lines: string[]) =>
  [
    'POST /graphql HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${operatorToken}`,
    'content-type: application/json',
    ...lines,
  ]
    .map((line) => `${line}\r\n`)
    .join('');
const lengthOf = (body: string | Buffer) => `content-length: ${Buffer.byteLength(body)}`;
const whole = (body: string, ...lines: string[]) => `${head(lengthOf(body), ...lines)}\r\n${body}`;

/** Whatever was sent before, the next one is served, nothing was written, and nothing is logged as unexpected. */
afterEach(async () => {
  expect((await sendRaw(port, [whole(query, 'connection: close')])).body).toBe(
    '{"data":{"viewer":{"kind":"OPERATOR"}}}',
  );
  expect(await database.query(`select from organizations where name = 'Intruder'`)).toEqual([]);
  expect(alarmsIn(logged)).toEqual([]);
});

const lastChunk = '0\r\n\r\n';

/** Expects that the answer is one of these, and tells nothing but what is wrong with the request. */
async function expectRefusal(
  parts: readonly (string | Buffer)[],
  statuses: readonly number[],
  goesAway = false,
): Promise<RawAnswer> {
  const answer = await sendRaw(port, parts, { goesAway });
  expect(statuses, answer.text.slice(0, 300)).toContain(answer.status);
  if (answer.body.startsWith('{')) expectNoLeak(JSON.parse(answer.body).errors);
  else expect(['', lastChunk]).toContain(answer.body);
  countTried('hostile inputs');
  return answer;
}

describe('is refused, and the connection closed', () => {
  test.each([
    ['no request at all', ['\r\n\r\n\r\nhello\r\n\r\n']],
    ['bytes of TLS', [Buffer.from('16030100fa010000f60303', 'hex'), Buffer.alloc(64, 0xa5)]],
    ['a method that is none', ['GETT@ /graphql HTTP/1.1\r\nhost: x\r\n\r\n']],
    ['HTTP/2 by prior knowledge', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']],
    ['a version that is none', ['GET /graphql HTTP/9.9\r\nhost: x\r\n\r\n']],
    ['a host that is none', ['GET /graphql HTTP/1.1\r\nhost: a\u00a0 b\r\nconnection: close\r\n\r\n']],
    ['a host with a port that is none', ['GET /graphql HTTP/1.1\r\nhost: a:99999\r\nconnection: close\r\n\r\n']],
    ['an address in another one', ['GET http://[ HTTP/1.1\r\nhost: a:80\r\nconnection: close\r\n\r\n']],
    ['no host', [`POST /graphql HTTP/1.1\r\n${lengthOf(intruder)}\r\n\r\n${intruder}`]],
    ['a header without a colon', [`${head('nonsense')}\r\n`]],
    ['a header with a NUL', [`${head('x-a: b\0c')}\r\n`]],
    ['a header with a lone line feed', [`${head('x-a: b\nx-b: c\r')}\r\n`]],
    ['a length that is no number', [`${head('content-length: ten')}\r\n${intruder}`]],
    ['a negative length', [`${head('content-length: -1')}\r\n${intruder}`]],
    ['a length with a sign', [`${head(`content-length: +${intruder.length}`)}\r\n${intruder}`]],
    ['two lengths', [`${head('content-length: 5', lengthOf(intruder))}\r\n${intruder}`]],
    ['a length beyond all', [`${head('content-length: 99999999999999999999999')}\r\n${intruder}`]],
    ['a length and chunks', [`${head(lengthOf(intruder), 'transfer-encoding: chunked')}\r\n0\r\n\r\n${intruder}`]],
    ['chunks and a length', [`${head('transfer-encoding: chunked', 'content-length: 4')}\r\n0\r\n\r\n${intruder}`]],
    ['an encoding that hides chunks', [`${head('transfer-encoding: xchunked')}\r\n0\r\n\r\n${intruder}`]],
    ['chunks of no size', [`${head('transfer-encoding: chunked')}\r\nzz\r\n${intruder}\r\n0\r\n\r\n`]],
    ['chunks of a negative size', [`${head('transfer-encoding: chunked')}\r\n-5\r\nhello\r\n0\r\n\r\n`]],
    [
      'chunks of a size beyond all',
      [`${head('transfer-encoding: chunked')}\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n`],
    ],
    ['a chunk that is longer than it says', [`${head('transfer-encoding: chunked')}\r\n2\r\nhello\r\n0\r\n\r\n`]],
    ['headers of a megabyte', [`${head(`x-a: ${'a'.repeat(1_000_000)}`)}\r\n`]],
  ] as const)('%s', async (_, parts) => {
    await expectRefusal(parts, [400, 413, 431, 505]);
  });
});

const paths = ['/./graphql', '/x/../graphql', '/%2e/graphql', '/x\\..\\graphql', '/graphql#x', '/health'];
test.each(paths)('what would be served under another path than it is logged is refused: %s', async (path) => {
  const host = path === '/health' ? 'localhost/graphql?' : 'localhost';
  const request = whole(intruder, 'connection: close').replace('/graphql', path).replace('localhost', host);
  await expectRefusal([request], [400]);
});

describe('is refused, and no more of it is read', () => {
  const refused = (body: string | Buffer, ...lines: string[]): [string, Buffer] => [
    `${head(lengthOf(body), 'connection: close', ...lines)}\r\n`,
    Buffer.from(body),
  ];
  const bomb = JSON.stringify({ query: `{ viewer { kind } } #${' '.repeat(50_000_000)}` });
  test.each([
    ['a bomb of gzip', refused(gzipSync(bomb), 'content-encoding: gzip')],
    ['a bomb of deflate', refused(deflateSync(bomb), 'content-encoding: deflate')],
    ['a bomb of brotli', refused(brotliCompressSync(intruder.repeat(1_000)), 'content-encoding: br')],
    ['an encoding that is none', refused(Buffer.alloc(200, 0xa5), 'content-encoding: x')],
    [
      'bytes that are no UTF-8',
      refused(Buffer.from('7b227175657279223a22ff fe c0af eda080 22'.replaceAll(' ', ''), 'hex')),
    ],
    ['UTF-16', refused(Buffer.from(intruder, 'utf16le'), 'x-charset: utf-16')],
    ['a NUL before the body', refused(`\0${intruder}`)],
    ['JSON that nests without end', refused('['.repeat(500_000))],
    ['JSON with a number without end', refused(`{"query":${'9'.repeat(500_000)}}`)],
    ['another type behind two', refused(intruder, 'content-type: text/plain')],
  ] as const)('%s', async (_, parts) => {
    await expectRefusal(parts, [400, 401, 413, 415]);
  });
});

test('a body that breaks off is answered to nobody', async () => {
  await expectRefusal([`${head(`content-length: ${intruder.length + 10}`)}\r\n${intruder}`], [0, 400], true);
  await expectRefusal(
    [`${head('transfer-encoding: chunked')}\r\n${intruder.length.toString(16)}\r\n${intruder.slice(0, 20)}`],
    [0, 400],
    true,
  );
});

test('a header of a caller is not written into the answer', async () => {
  const answer = await sendRaw(port, [whole(query, 'x-request-id: a\tb', 'connection: close')]);
  expect(answer.head).not.toContain('a\tb');
  const { text } = await sendRaw(port, [
    `GET /%0d%0ax-injected:%201 HTTP/1.1\r\nhost: localhost\r\norigin: http://evil.example\r\nconnection: close\r\n\r\n`,
  ]);
  expect(text).not.toContain('x-injected');
  expect(text.toLowerCase()).not.toContain('access-control-allow');
  countTried('hostile inputs', 2);
});

test('requests one behind the other are answered in their order, each under its own token', async () => {
  const anonymous = whole(query).replace(/authorization.*\r\n/, '');
  const { text } = await sendRaw(port, [whole(query) + anonymous + whole(query) + whole(query, 'connection: close')]);
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  expect(statuses).toEqual([200, 401, 200, 200]);
  expect(text.match(/"kind":"OPERATOR"/g)).toHaveLength(3);
  countTried('hostile inputs', 4);
});

describe('a request with bytes changed, dropped or doubled at random is refused or served', () => {
  const statuses = [0, 200, 400, 401, 403, 404, 405, 406, 408, 411, 413, 415, 417, 429, 431, 501, 505];

  /** Sends it in as many ways, and has each answer looked at. */
  async function sendEdited(request: string, look: (bytes: Buffer, answer: RawAnswer) => void): Promise<void> {
    const edit = fc.record({
      at: fc.nat(request.length - 1),
      drop: fc.nat(8),
      insert: fc.uint8Array({ maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        let bytes: Buffer = Buffer.from(request);
        for (const { at, drop, insert } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + drop)]);
        }
        const answer = await sendRaw(port, [bytes], { goesAway: true });
        expect(statuses, answer.text).toContain(answer.status);
        look(bytes, answer);
        countTried('hostile inputs');
      }),
      { seed: seedOfRun(), numRuns: tries({ bounded: 200, deep: 10_000 }) },
    );
  }

  test('as the operator only while the token is whole', async () => {
    let forgeries = 0;
    await sendEdited(whole(query, 'connection: close'), (bytes, { text }) => {
      if (bytes.includes(operatorToken)) return;
      forgeries++;
      expect(text, bytes.toString()).not.toContain('OPERATOR');
    });
    expect(forgeries).toBeGreaterThan(0);
  });

  test('and writes nothing under a token that is nearly that of the operator', async () => {
    const organizations = () => database.query('select * from organizations order by id');
    const before = await organizations();
    const request = whole(intruder, 'connection: close').replace(operatorToken, `${operatorToken.slice(0, -1)}x`);
    await sendEdited(request, (bytes, { text }) => {
      expect(text, bytes.toString()).not.toContain('"data":{');
    });
    expect(await organizations()).toEqual(before);
  });
});
