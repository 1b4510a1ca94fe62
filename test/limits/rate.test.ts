import { beforeEach, expect, test, vi } from 'vitest';
import { createRateLimit } from '../../src/graphql/limits/rate.ts';
import { createLogger } from '../../src/logger.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { errorOf } from './refusals.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database, { limits: { ratePerMinute: 3 } });
const ratedOperatorApi = createTestApi(database, { limits: { operatorRatePerMinute: 2, ratePerMinute: 0 } });

let orgId: string;
let rootId: string;
let token: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Root' });
  ({ token } = await insertToken(database, orgId, rootId));
});

const ask = (as: string, client = api) => client.execute('{ viewer { kind } }', {}, as);
const rename = (name: string) =>
  api.execute(`mutation { renameWorkspace(orgId: "${orgId}", id: "${rootId}", name: "${name}") { name } }`, {}, token);
const readName = async () =>
  (await database.query('select name from workspaces where org_id = $1', [orgId]))[0]?.['name'];

test('a token makes as many requests a minute as the limit, and is then told when to try again', async () => {
  for (const name of ['one', 'two', 'three']) expect((await rename(name)).status).toBe(200);
  const answer = await rename('four');
  expect(answer.status).toBe(429);
  const { message, extensions } = errorOf(answer);
  expect(extensions).toEqual({
    code: 'LIMIT_EXCEEDED',
    limit: 3,
    retryable: true,
    retryAfterSeconds: expect.any(Number),
  });
  expect(message).toContain(`Try again in ${extensions['retryAfterSeconds']} s`);
  expect(await readName()).toBe('three');
});

test('the header says the same as the answer, in whole seconds of the minute', async () => {
  const send = () =>
    api.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ viewer { kind } }' }),
    });
  for (let request = 0; request < 3; request++) expect((await send()).headers.get('retry-after')).toBeNull();
  const refused = await send();
  const { errors } = await refused.json();
  const seconds = Number(refused.headers.get('retry-after'));
  expect(seconds).toBe(errors[0].extensions.retryAfterSeconds);
  expect(seconds).toSatisfy((value) => Number.isInteger(value) && value >= 1 && value <= 60);
});

test('requests are counted whatever they ask for, and only those of a token that is valid', async () => {
  await api.execute('{', {}, token);
  await api.execute('{ nothing }', {}, token);
  const subscription = await api.subscribe(`subscription { organizationEvents(orgId: "${orgId}") { id } }`, {}, token);
  expect((await subscription.next())?.errors).toBeUndefined();
  await subscription.close();
  for (let request = 0; request < 5; request++) expect((await ask(`${token.slice(0, -1)}!`)).status).toBe(401);
  expect((await ask(token)).status).toBe(429);
});

test('another token of the same organization counts for itself', async () => {
  for (let request = 0; request < 4; request++) await ask(token);
  expect((await ask(token)).status).toBe(429);
  const { token: other } = await insertToken(database, orgId, rootId);
  expect((await ask(other)).status).toBe(200);
});

test('the operator has no limit unless one is set', async () => {
  for (let request = 0; request < 5; request++) expect((await ask(operatorToken)).status).toBe(200);
  for (let request = 0; request < 5; request++) expect((await ask(token, ratedOperatorApi)).status).toBe(200);
  const statuses = [];
  for (let request = 0; request < 3; request++) statuses.push((await ask(operatorToken, ratedOperatorApi)).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test('a token may go on when the minute is over', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  try {
    const checkRate = createRateLimit({ ratePerMinute: 1, operatorRatePerMinute: 0 }, createLogger('silent'));
    const caller = { kind: 'organization', orgId, tokenId: rootId } as const;
    await checkRate(caller);
    vi.advanceTimersByTime(18_500);
    await expect(checkRate(caller)).rejects.toMatchObject({ details: { limit: 1, retryAfterSeconds: 42 } });
    vi.advanceTimersByTime(41_500);
    await checkRate(caller);
  } finally {
    vi.useRealTimers();
  }
});

test('a heartbeat batch is one request', async () => {
  const heartbeats = Array.from({ length: 100 }, () => ({ workspaceId: rootId }));
  expect(await mutate(api, 'recordHeartbeats', { orgId, heartbeats }, '', token)).toBe(1);
  expect((await ask(token)).status).toBe(200);
});
