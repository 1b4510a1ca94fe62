import { connect } from 'node:net';
import { buildClientSchema, getIntrospectionQuery, printSchema } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type HttpRequest, serveOverHttp } from './http-client.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const { port, send } = await serveOverHttp(createTestApi(database));

const authorization = { authorization: `Bearer ${operatorToken}` };
const json = { ...authorization, 'content-type': 'application/json' };
const form = { ...authorization, 'content-type': 'application/x-www-form-urlencoded' };
const multipart = { ...authorization, 'content-type': 'multipart/form-data; boundary=x' };
const mutation = 'mutation { createOrganization(name: "Intruder") { id } }';
const query = '{ viewer { kind } }';
const post = (value: unknown) => ({ headers: json, body: JSON.stringify(value) });
const byGet = (text: string) => `/graphql?query=${encodeURIComponent(text)}`;

test('a query is answered, posted as JSON or sent by GET', async () => {
  const answer = { status: 200, body: '{"data":{"viewer":{"kind":"OPERATOR"}}}' };
  expect(await send('/graphql', post({ query }))).toMatchObject(answer);
  expect(await send(byGet(query), { headers: authorization })).toMatchObject(answer);
});

const lookalikes = [
  '/graphql/',
  '/x/graphql',
  '/?a=/graphql',
  '//graphql',
  '/',
  '/x/health',
  '/?a=/health',
  '/x/ready',
];
test.each(lookalikes)('an address that only looks like a served one is none: %s', async (path) => {
  expect(await send(path, post({ query: mutation }))).toMatchObject({ status: 404, body: '' });
  expect(await database.query(`select from organizations where name = 'Intruder'`)).toEqual([]);
});

const withoutContentType = { headers: authorization, body: JSON.stringify({ query: mutation }) };
const twoOperations = 'query A { viewer { kind } } query B { viewer { kind } }';
const large = { query, variables: { a: 'x'.repeat(2_000_001) } };
const refusals: [what: string, status: number, code: string, message: RegExp, path: string, request: HttpRequest][] = [
  ['a mutation by GET', 405, 'BAD_USER_INPUT', /mutation .* POST/, byGet(mutation), { headers: authorization }],
  ['a query by GET that any page could send', 403, 'BAD_USER_INPUT', /Post the operation as JSON/, byGet(query), {}],
  ['a form', 415, 'BAD_USER_INPUT', /application\/json/, '/graphql', { headers: form, body: `query=${mutation}` }],
  ['a form in parts', 415, 'BAD_USER_INPUT', /application\/json/, '/graphql', { headers: multipart, body: '--x--' }],
  ['a body without a content type', 415, 'BAD_USER_INPUT', /application\/json/, '/graphql', withoutContentType],
  [
    'bare GraphQL',
    415,
    'BAD_USER_INPUT',
    /application\/json/,
    '/graphql',
    { headers: { ...authorization, 'content-type': 'application/graphql' }, body: mutation },
  ],
  ['JSON that is broken', 400, 'BAD_USER_INPUT', /not valid JSON/, '/graphql', { headers: json, body: '{"query":' }],
  ['JSON that is no object', 400, 'BAD_USER_INPUT', /JSON object/, '/graphql', { headers: json, body: 'null' }],
  ['a batch', 400, 'BAD_USER_INPUT', /[Bb]atching/, '/graphql', post([{ query }, { query }])],
  ['a query that is no text', 400, 'BAD_USER_INPUT', /"query"/, '/graphql', post({ query: 1 })],
  ['variables that are no object', 400, 'BAD_USER_INPUT', /"variables"/, '/graphql', post({ query, variables: 'a' })],
  ['an unknown parameter', 400, 'BAD_USER_INPUT', /"queri"/, '/graphql', post({ query, queri: '' })],
  [
    'an unknown operation',
    400,
    'BAD_USER_INPUT',
    /what operation/,
    '/graphql',
    post({ query, operationName: 'Nobody' }),
  ],
  [
    'one operation of several, unnamed',
    400,
    'BAD_USER_INPUT',
    /what operation/,
    '/graphql',
    post({ query: twoOperations }),
  ],
  ['a body that is too large', 413, 'LIMIT_EXCEEDED', /too large/, '/graphql', post(large)],
  ['another method', 405, 'BAD_USER_INPUT', /GET and POST/, '/graphql', { ...post({ query }), method: 'PUT' }],
  [
    'no token',
    401,
    'UNAUTHENTICATED',
    /Bearer/,
    '/graphql',
    { ...post({ query }), headers: { 'content-type': json['content-type'] } },
  ],
  [
    'another scheme',
    401,
    'UNAUTHENTICATED',
    /Bearer/,
    '/graphql',
    { ...post({ query }), headers: { ...json, authorization: 'Basic eA==' } },
  ],
];

test.each(refusals)('%s is refused', async (_, status, code, message, path, request) => {
  const answer = await send(path, request);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-request-id']).toBeTruthy();
  const { errors, data } = JSON.parse(answer.body);
  expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(message) })]);
  expect(errors[0].extensions).toEqual({ code });
  expect(data ?? null).toBeNull();
  expect(await database.query(`select from organizations where name = 'Intruder'`)).toEqual([]);
});

const documents: [what: string, query: string, variables: object, message: RegExp][] = [
  ['a document that cannot be parsed', '{ viewer {', {}, /Syntax Error/],
  ['a field that does not exist', '{ viewer { knd } }', {}, /Cannot query field "knd"/],
  ['a variable that is missing', 'query ($id: ID!) { organization(id: $id) { id } }', {}, /"\$id"/],
  [
    'an enum value that does not exist',
    'query ($id: ID!, $status: [WorkspaceStatus!]) { organization(id: $id) { workspaces(status: $status) { totalCount } } }',
    { id: 'x', status: ['WELL'] },
    /"WELL" does not exist/,
  ],
  [
    'a time that is none',
    'mutation ($at: DateTime) { createApiToken(orgId: "x", name: "x", expiresAt: $at) { token } }',
    { at: 'tomorrow' },
    /tomorrow/,
  ],
];

test.each(documents)('%s is bad input', async (_, text, variables, message) => {
  const { errors } = JSON.parse((await send('/graphql', post({ query: text, variables }))).body);
  expect(errors[0].message).toMatch(message);
  expect(errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT' });
});

test('a connection on which too much is sent bit by bit is answered and closed, not left to hang', async () => {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    answer += data;
  });
  const ended = new Promise((resolve) => socket.once('end', resolve));
  const head = Object.entries({ host: 'localhost', ...json, 'transfer-encoding': 'chunked' });
  socket.write(`POST /graphql HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  for (let part = 0; part < 25; part++) socket.write(`186a0\r\n${' '.repeat(100_000)}\r\n`);
  await ended;
  socket.destroy();
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain('LIMIT_EXCEEDED');
});

test('introspection gives client tools the schema as it is', async () => {
  const answer = await send(
    '/graphql',
    post({ query: getIntrospectionQuery({ descriptions: true, specifiedByUrl: true }) }),
  );
  expect(printSchema(buildClientSchema(JSON.parse(answer.body).data))).toBe(printSchema(schema));
});

test.each(['/health', '/ready'])('the API is asked whatever the query of its address ends with: %s', async (end) => {
  expect((await send(`/graphql?a=${end}`, post({ query }))).body).toBe('{"data":{"viewer":{"kind":"OPERATOR"}}}');
});

test('health and readiness are told without a token', async () => {
  expect(await send('/health')).toMatchObject({ status: 200 });
  expect(await send('/ready')).toMatchObject({ status: 200 });
});
