import { beforeEach, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow, insertEvents, partsOf, seqsOf, tells } from '../support/organization-events.ts';
import { recordStatements } from '../support/statements.ts';
import { readSubscription } from '../support/subscription.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const { port } = await serveOverHttp(api);
watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

const create = (name: string): Promise<{ id: string }> =>
  mutate(api, 'createWorkspace', { orgId, name, parentId: rootId });

/** The statements that the servers of this file send while they could look at an organization several times. */
const statementsForAWhile = () =>
  recordStatements(async () => {
    const begin = performance.now();
    await waitUntil('several looks would have been taken', async () => performance.now() - begin > 400);
  });

describe('a subscription ends with UNAUTHENTICATED when its token', () => {
  const endings: [string, (id: string, root: string) => Promise<unknown>][] = [
    ['is revoked', (id) => mutate(api, 'revokeApiToken', { orgId, id })],
    ['expires', (id) => database.query('update org_api_tokens set expires_at = clock_timestamp() where id = $1', [id])],
    ['loses its root', (_, root) => mutate(api, 'removeWorkspace', { orgId, id: root })],
    [
      'loses its root to a foreign writer, who revokes nothing',
      (_, root) => database.query(`update workspaces set lifecycle = 'removed' where id = $1`, [root]),
    ],
  ];
  test.each(endings)('%s, and the others go on', async (_, end) => {
    const root = await insertRoot(database, orgId, { name: 'Beta' });
    const { id, token } = await insertToken(database, orgId, root);
    const stays = await insertToken(database, orgId, rootId);
    const gone = await follow(api, orgId, { token });
    const others = [await follow(api, orgId, { token: stays.token }), await follow(api, orgId)];
    for (const follower of [gone, ...others]) await follower.next();

    await end(id, root);
    expect(await gone.error()).toEqual({
      message: expect.stringMatching(/^Send a valid token/),
      locations: expect.any(Array),
      extensions: { code: 'UNAUTHENTICATED' },
    });
    const { id: worker } = await create('Worker');
    for (const follower of others) await follower.nextUntil(tells(worker, 'OFFLINE'));
  });

  test('expires by itself', async () => {
    const { token } = await insertToken(database, orgId, rootId);
    const follower = await follow(api, orgId, { token });
    await follower.next();
    await database.query(
      `update org_api_tokens set expires_at = clock_timestamp() + interval '0.5 s' where org_id = $1`,
      [orgId],
    );
    expect(await follower.error()).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
  });
});

describe('a client that goes away', () => {
  test('while it waits leaves nothing behind: its organization is not looked at any more', async () => {
    const followers = [await follow(api, orgId), await follow(api, orgId)];
    for (const follower of followers) await follower.next();
    await followers[0]?.close();
    expect((await statementsForAWhile()).length).toBeGreaterThan(1);
    await followers[1]?.close();
    await waitUntil('nothing is asked any more', async () => (await statementsForAWhile()).length === 0);
  });

  test('by closing its connection is noticed', async () => {
    const gone = new AbortController();
    const open = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${operatorToken}` },
        body: JSON.stringify({ query: `subscription { organizationEvents(orgId: "${orgId}") { id } }` }),
        signal: gone.signal,
      });
      return readSubscription(response);
    };
    for (const subscription of [await open(), await open()]) await subscription.next();
    expect((await statementsForAWhile()).length).toBeGreaterThan(1);
    gone.abort();
    await waitUntil('nothing is asked any more', async () => (await statementsForAWhile()).length === 0);
  });

  test('before it has asked for anything has nothing to leave behind', async () => {
    const subscription = { orgId, after: null, includeHeartbeats: false, caller: { kind: 'operator' } } as const;
    const updates = await api.watches.subscribe(subscription);
    expect(await statementsForAWhile()).toEqual([]);
    await updates.return?.();
    expect(await updates.next()).toEqual({ done: true, value: undefined });
    expect(await statementsForAWhile()).toEqual([]);
  });

  test('and another that comes at that moment have nothing to do with each other', async () => {
    for (let round = 0; round < 10; round++) {
      const before = await follow(api, orgId);
      await before.next();
      const [next] = await Promise.all([follow(api, orgId), before.close()]);
      await next.next();
      const { id } = await create(`Worker ${round}`);
      await next.nextUntil(tells(id, 'OFFLINE'));
      await next.close();
    }
  });
});

test('one watch serves all subscribers of an organization', async () => {
  const one = await follow(api, orgId);
  await one.next();
  const alone = (await statementsForAWhile()).length;
  for (let number = 0; number < 8; number++) await (await follow(api, orgId)).next();
  expect((await statementsForAWhile()).length).toBeLessThan(alone * 2);
});

test('one statement asks about all tokens of a look', async () => {
  for (let number = 0; number < 5; number++) {
    const { token } = await insertToken(database, orgId, rootId);
    await (await follow(api, orgId, { token })).next();
  }
  const statements = await statementsForAWhile();
  const tokens = statements.filter((statement) => statement.includes('org_api_tokens')).length;
  const looks = statements.length - tokens;
  expect(looks).toBeGreaterThan(1);
  expect(Math.abs(looks - tokens)).toBeLessThanOrEqual(1);
});

describe('a server that stops', () => {
  test('completes its subscriptions, and takes no more', async () => {
    const stopping = createTestApi(database);
    const followers = [await follow(stopping, orgId), await follow(stopping, orgId)];
    for (const follower of followers) await follower.next();
    stopping.watches.close();
    for (const follower of followers) await follower.completion();
    const late = await stopping.subscribe(`subscription { organizationEvents(orgId: "${orgId}") { id } }`);
    expect(late.status).toBe(503);
    expect(await late.next()).toMatchObject({
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }],
    });
    expect(await statementsForAWhile()).toEqual([]);
  });
});

describe('without a database', () => {
  test('subscriptions stay open, and what happened is told when it is back', async () => {
    const fragile = await createTestDatabase();
    const server = createTestApi(fragile, { watchTimes: { tickMs: 20, pulseMs: 100 } });
    const org = await insertOrganization(fragile);
    const root = await insertRoot(fragile, org);
    const follower = await follow(server, org);
    const { id: first } = await follower.next();
    const logged = (level: string) => server.logged.filter((entry) => entry['level'] === level);

    const name = new URL(fragile.url).pathname.slice(1);
    await database.query(`alter database ${name} with allow_connections false`);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'taproot'`,
      [name],
    );
    await waitUntil('the outage is noticed', async () => logged('warn').length > 0);
    await fragile.query(`update workspaces set lifecycle = 'failed', lifecycle_at = clock_timestamp() where id = $1`, [
      root,
    ]);
    const [back] = await fragile.query<{ us: string }>('select extract(epoch from clock_timestamp()) * 1000000 as us');
    const before = logged('warn').length;
    const begin = performance.now();
    await waitUntil('it was tried again', async () => performance.now() - begin > 400);
    expect(logged('warn').length).toBe(before);
    await database.query(`alter database ${name} with allow_connections true`);

    const updates = await follower.nextUntil(tells(root, 'FAILED'));
    const moments = [first, ...updates.map(({ id }) => id)].map((id) => partsOf(id).judgedAt);
    expect(moments).toEqual([...new Set(moments)].sort((a, b) => a - b));
    expect(moments.at(-1)).toBeGreaterThan(Number(back?.us));
    await waitUntil('it is said', async () => logged('info').length > 0);
    expect(logged('warn')).toEqual([
      expect.objectContaining({ msg: 'Subscribers cannot be told what is new; it is tried again' }),
    ]);
    expect(logged('info')).toEqual([expect.objectContaining({ msg: 'Subscribers are told what is new again' })]);
    // It is no matter of the request that happened to be the first.
    for (const entry of [...logged('warn'), ...logged('info')]) expect(entry).not.toHaveProperty('requestId');
  });

  test('an interrupted look has told nothing', async () => {
    const follower = await follow(api, orgId);
    await follower.next();
    for (let number = 1; number <= 5; number++) {
      await insertEvents(database, orgId, 1);
      await database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'taproot'`,
      );
    }
    expect(seqsOf(await follower.nextUntil((told) => seqsOf(told).includes(5)))).toEqual([1, 2, 3, 4, 5]);
  });

  test('nobody can subscribe', async () => {
    const url = new URL(database.url);
    url.port = '1';
    const server = createTestApi(database, { url: url.href });
    const subscription = await server.subscribe(`subscription { organizationEvents(orgId: "${orgId}") { id } }`);
    expect(subscription.status).toBe(503);
    expect(await subscription.next()).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
  });
});
