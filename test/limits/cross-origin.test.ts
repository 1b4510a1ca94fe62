import { describe, expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const friend = 'https://console.example';
const closed = await serveOverHttp(api);
const open = await serveOverHttp(api, { corsOrigins: [friend, 'http://localhost:3000'] });

const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  },
});
const query = (origin: string) => ({
  headers: { origin, authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
  body: JSON.stringify({ query: '{ viewer { kind } }' }),
});
const grants = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe.each([
  ['of a server that knows no other site', closed, friend],
  ['of another site than those that are set', open, 'https://evil.example'],
  ['of a site that is only named alike', open, `${friend}.evil.example`],
  ['of a site over another protocol', open, 'http://console.example'],
  ['of no site', open, 'null'],
])('a page %s', (_, { send }, origin) => {
  test('is granted nothing', async () => {
    expect(grants((await send('/graphql', preflight(origin))).headers)).toEqual([]);
    expect(grants((await send('/graphql', query(origin))).headers)).toEqual([]);
  });
});

test('a page of a site that is set may call with a token, and read how the call went', async () => {
  const asked = await open.send('/graphql', preflight(friend));
  expect(asked.status).toBe(204);
  expect(asked.headers).toMatchObject({
    'access-control-allow-origin': friend,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, x-request-id',
  });
  const answered = await open.send('/graphql', query(friend));
  expect(answered).toMatchObject({ status: 200, body: '{"data":{"viewer":{"kind":"OPERATOR"}}}' });
  expect(answered.headers).toMatchObject({
    'access-control-allow-origin': friend,
    'access-control-expose-headers': 'retry-after, x-request-id',
  });
  const refused = await open.send('/graphql', {
    ...query(friend),
    headers: { ...query(friend).headers, authorization: 'x' },
  });
  expect(refused.status).toBe(401);
  expect(refused.headers['access-control-allow-origin']).toBe(friend);
});

test('nobody is granted what a browser sends by itself', async () => {
  for (const { headers } of [
    await open.send('/graphql', preflight(friend)),
    await open.send('/graphql', query(friend)),
  ]) {
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  }
});

const mutation = 'mutation { createOrganization(name: "Forged") { id } }';
test.each([
  [
    'a form',
    415,
    '/graphql',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `query=${mutation}` },
  ],
  [
    'a form in parts',
    415,
    '/graphql',
    { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' },
  ],
  [
    'plain text',
    415,
    '/graphql',
    { headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ query: mutation }) },
  ],
  ['an image', 403, `/graphql?query=${encodeURIComponent(mutation)}`, {}],
])(
  'what a page sends without asking is refused, even with credentials that a browser adds: %s',
  async (_, status, path, request) => {
    for (const { send } of [closed, open]) {
      expect((await send(path, request)).status).toBe(status);
    }
    expect(await database.query(`select from organizations where name = 'Forged'`)).toEqual([]);
  },
);
