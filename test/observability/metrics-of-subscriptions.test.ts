import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { operatorToken } from '../support/api.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow } from '../support/organization-events.ts';
import { errors, operations, requests, startMetered } from './metered-server.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const server = startMetered(database);

test('a subscription is open until its client goes away, and is counted once', async () => {
  const { orgId } = server;
  const open = async () => (await server.read()).value('taproot_open_subscriptions');
  expect(await open()).toBe(0);
  const follower = await follow(server.app, orgId);
  await follower.next();
  expect(await open()).toBe(1);
  await follower.close();
  await waitUntil('it is closed', async () => (await open()) === 0);
  await server.expectGrowth(
    [...operations('subscription', 'organizationEvents'), 1],
    [...requests('POST', '200'), 1],
    ['taproot_http_request_duration_seconds_count', { method: 'POST', status: '200' }, 0],
  );
});

test('a subscription whose client is gone before it begins is none', async () => {
  const { app, orgId } = server;
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('lock table organizations in access exclusive mode');
  const gone = new AbortController();
  const answer = app.fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${operatorToken}`,
    },
    body: JSON.stringify({ query: `subscription { organizationEvents(orgId: "${orgId}") { id } }` }),
    signal: gone.signal,
  });
  await waitUntilBlockedBy(holder);
  gone.abort();
  await expect(answer).rejects.toThrow();
  await server.expectGrowth([...requests('POST', 'aborted'), 1]);
  await holder.query('rollback');
  // One that begins behind it is the only one.
  const follower = await follow(app, orgId);
  await follower.next();
  expect((await server.read()).value('taproot_open_subscriptions')).toBe(1);
  await follower.close();
  await server.expectGrowth([...requests('POST', '200'), 1], ['taproot_open_subscriptions', 0]);
});

test('a subscription that is refused is none', async () => {
  const refused = await server.app.subscribe('subscription ($id: ID!) { organizationEvents(orgId: $id) { id } }', {
    id: randomUUID(),
  });
  expect((await refused.next())?.errors?.[0]?.extensions.code).toBe('ORGANIZATION_NOT_FOUND');
  await refused.close();
  await server.expectGrowth([...errors('ORGANIZATION_NOT_FOUND'), 1], ['taproot_open_subscriptions', 0]);
});
