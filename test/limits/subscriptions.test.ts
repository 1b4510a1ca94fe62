import { connect, type Socket } from 'node:net';
import { beforeEach, expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import type { ApiClient } from '../support/api-client.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database, { limits: { maxSubscriptions: 2 } });
const { port, send, logged } = await serveOverHttp(api, { limits: { maxSubscriptions: 2 } });

let orgId: string;
let token: string;
let otherToken: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  const rootId = await insertRoot(database, orgId);
  ({ token } = await insertToken(database, orgId, rootId));
  ({ token: otherToken } = await insertToken(database, orgId, rootId));
});

const document = 'subscription ($orgId: ID!) { organizationEvents(orgId: $orgId) { id } }';

/** Follows the organization, and waits for the first update. */
async function follow(client: ApiClient, as = token) {
  const subscription = await client.subscribe(document, { orgId }, as);
  const told = await subscription.next();
  return { ...subscription, told };
}

/** Tries to follow it, and returns the code of what the first update tells instead. */
async function tryToFollow(client: ApiClient, as = token): Promise<unknown> {
  const { told, close } = await follow(client, as);
  await close();
  return told?.errors?.map(({ extensions }) => extensions.code);
}

test('a token has as many open as the limit, and another token its own', async () => {
  await follow(api);
  await follow(api);
  const { told, status } = await follow(api);
  expect(status).toBe(200);
  expect(told).toEqual({
    errors: [
      {
        message: expect.stringContaining('has 2 subscriptions open'),
        extensions: { code: 'LIMIT_EXCEEDED', limit: 2 },
      },
    ],
  });
  expect(await tryToFollow(api, otherToken)).toBeUndefined();
  expect(await tryToFollow(api, operatorToken)).toBeUndefined();
  // Whoever follows too much may still do everything else.
  expect(await api.expectData('{ viewer { kind } }', {}, token)).toEqual({ viewer: { kind: 'ORGANIZATION' } });
});

test('many that begin at the same time are no more than the limit', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => follow(api)));
  expect(answers.filter(({ told }) => told?.errors === undefined)).toHaveLength(2);
});

test('one that ends, whoever ends it, makes room for another', async () => {
  const first = await follow(api);
  const second = await follow(api);
  await first.close();
  await follow(api);
  expect(await tryToFollow(api)).toEqual(['LIMIT_EXCEEDED']);

  // The server ends those of a token that is not valid any more.
  await database.query('update org_api_tokens set revoked_at = now() where org_id = $1', [orgId]);
  while ((await second.next()) !== undefined);
  await database.query('update org_api_tokens set revoked_at = null where org_id = $1', [orgId]);
  expect(await tryToFollow(api)).toBeUndefined();
});

test.each([
  ['is refused', document, { orgId: '00000000-0000-4000-8000-000000000000' }],
  ['is not valid', document, {}],
  [
    'cannot go on behind an update that is none',
    `subscription ($orgId: ID!) { organizationEvents(orgId: $orgId, after: "x") { id } }`,
    undefined,
  ],
])('one that %s takes no room', async (_, text, variables) => {
  for (let time = 0; time < 3; time++) {
    const subscription = await api.subscribe(text, variables ?? { orgId }, token);
    expect((await subscription.next())?.errors?.[0]?.extensions.code).not.toBe('LIMIT_EXCEEDED');
    await subscription.close();
  }
  await follow(api);
  await follow(api);
});

test('a client that goes away, at any moment, takes no room with it', async () => {
  const body = JSON.stringify({ query: document, variables: { orgId } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'text/event-stream' };
  const head = Object.entries({ host: 'localhost', ...headers, 'content-length': body.length });
  const request = `POST /graphql HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;

  /** Goes when the server has got this far with the request. */
  async function leave(hasGotFar: (received: string) => Promise<boolean>): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text) => {
      received += text;
    });
    socket.write(request);
    await waitUntil('the server has got far enough', () => hasGotFar(received));
    socket.destroy();
  }
  await leave(async () => true);
  await leave(async (received) => received.includes('200 OK'));
  await leave(async (received) => received.includes('event: next'));
  // While its token is looked up, and while its organization is: then the subscription begins when the client is gone.
  for (const table of ['org_api_tokens', 'organizations']) {
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query(`lock table ${table} in access exclusive mode`);
    const givenUp = () => logged.filter(({ msg, aborted }) => msg === 'Answered' && aborted).length;
    const before = givenUp();
    await leave(() => waitUntilBlockedBy(holder).then(() => true));
    await waitUntil('the server has noticed', async () => givenUp() > before);
    await holder.query('rollback');
  }

  await waitUntil('there is room again for all', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    for (const { socket } of [one, other]) socket.destroy();
    return [one, other].every(({ received }) => !received.includes('LIMIT_EXCEEDED'));
  });

  /** Follows, and waits for the first update. Two of these, both open, take all of the room. */
  function open(): Promise<{ socket: Socket; received: string }> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      let received = '';
      socket.setEncoding('utf8').on('data', (text) => {
        received += text;
        if (received.includes('event: next') && /data: .*\n/.test(received)) resolve({ socket, received });
      });
      socket.write(request);
    });
  }
  expect((await send('/health')).status).toBe(200);
});
