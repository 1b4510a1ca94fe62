import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const { send } = await serveOverHttp(createTestApi(database), { graphiql: { callersOnly: true } });
const nowhere = new URL(database.url);
nowhere.port = '1';
const orphaned = await serveOverHttp(createTestApi(database, { url: nowhere.href }), {
  graphiql: { callersOnly: true },
});

const timeoutMs = 1_500;
const limits = { ratePerMinute: 2, requestTimeoutMs: timeoutMs };
const limited = await serveOverHttp(createTestApi(database), { graphiql: { callersOnly: true }, limits });

let token: string;
let revoked: string;
beforeAll(async () => {
  const orgId = await insertOrganization(database);
  const rootId = await insertRoot(database, orgId);
  ({ token } = await insertToken(database, orgId, rootId));
  ({ token: revoked } = await insertToken(database, orgId, rootId, { revokedAt: '2026-01-01' }));
});

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;
const open = (authorization?: string, client = { send }) =>
  client.send('/graphql', { headers: { accept: 'text/html', ...(authorization && { authorization }) } });

describe('where GraphiQL is for callers alone, it is served', () => {
  test.each([
    ['the operator', () => `:${operatorToken}`],
    ['the operator under any name', () => `Grace Hopper:${operatorToken}`],
    ['an organization', () => `acme:${token}`],
  ])('to %s, and shows no token', async (_, credentials) => {
    const { status, headers, body } = await open(basic(credentials()));
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toContain('Bearer <token>');
    expect(body).not.toContain(operatorToken);
    expect(body).not.toContain(token);
  });

  test.each([
    ['nobody', () => undefined],
    ['whoever has no token', () => basic('admin:admin')],
    ['whoever gives a token for the name', () => basic(`${operatorToken}:`)],
    ['whoever gives more than a token', () => basic(`:${operatorToken}:`)],
    ['whoever gives the start of a token', () => basic(`:${operatorToken.slice(0, -1)}`)],
    ['whoever gives no password', () => basic('admin')],
    ['what is no Base64', () => 'Basic %%%'],
    ['a token that is revoked', () => basic(`:${revoked}`)],
    ['a bearer, whom a browser does not send', () => `Bearer ${operatorToken}`],
  ])('not to %s, who is told what to enter', async (_, authorization) => {
    const { status, headers, body } = await open(authorization());
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Basic realm="[^"]+"/);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(body).toBe(
      'GraphiQL is for callers alone. Enter a token of the API as the password, and anything as the user name.',
    );
  });
});

test('what opens the page does not open the API', async () => {
  const { status, headers, body } = await send('/graphql', {
    headers: { 'content-type': 'application/json', authorization: basic(`:${operatorToken}`) },
    body: JSON.stringify({ query: '{ viewer { kind } }' }),
  });
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe('Bearer');
  expect(JSON.parse(body).errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
});

test('a token that cannot be looked up is no reason to ask for another', async () => {
  const { status, headers, body } = await open(basic(`:${token}`), orphaned);
  expect(status).toBe(503);
  expect(headers['www-authenticate']).toBeUndefined();
  expect(body).toMatch(/^\S.+\.$/);
  expect(body).not.toMatch(/postgres|prisma|sql/i);
  expect((await open(basic(`:${operatorToken}`), orphaned)).status).toBe(200);
});

describe('whoever asks for the page is let in as at the API', () => {
  let own: string;
  let tokenId: string;
  beforeEach(async () => {
    const orgId = await insertOrganization(database);
    ({ token: own, id: tokenId } = await insertToken(database, orgId, await insertRoot(database, orgId)));
  });

  test('counted with all other requests of the token, and told when to go on', async () => {
    const answer = await limited.send('/graphql', {
      headers: { 'content-type': 'application/json', authorization: `Bearer ${own}` },
      body: JSON.stringify({ query: '{ viewer { kind } }' }),
    });
    expect(answer.status).toBe(200);
    expect((await open(basic(`:${own}`), limited)).status).toBe(200);
    const { status, headers, body } = await open(basic(`:${own}`), limited);
    expect(status).toBe(429);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(body).toContain(`Try again in ${headers['retry-after']} s.`);
  });

  test('named in the line of the log', async () => {
    await open(basic(`:${own}`), limited);
    const isOwn = ({ caller }: Record<string, unknown>) => caller === `token:${tokenId}`;
    await waitUntil('the line is there', async () => limited.logged.some(isOwn));
    expect(limited.logged.find(isOwn)).toMatchObject({ msg: 'Answered', status: 200, path: '/graphql' });
  });

  test('answered in time, also where the token cannot be looked up', async () => {
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('lock table org_api_tokens in access exclusive mode');
    let isAnswered = false;
    const answer = open(basic(`:${own}`), limited).finally(() => {
      isAnswered = true;
    });
    try {
      await waitUntil('it is answered', async () => isAnswered);
    } finally {
      await holder.query('rollback');
    }
    const { status, body } = await answer;
    expect(status).toBe(503);
    expect(body).toContain(`took longer than ${timeoutMs} ms`);
  });
});
