import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId);
});

/** The whole answer to a request with this Authorization header. */
async function answerTo(authorization: string): Promise<{ status: number; challenge: string | null; body: unknown }> {
  const response = await api.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query: '{ viewer { kind organization { id } } }' }),
  });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.json() };
}

const refusal = {
  status: 401,
  challenge: 'Bearer',
  body: {
    errors: [
      {
        message:
          'Send a valid token in the header "Authorization: Bearer <token>". There is none, or it is unknown, revoked or expired.',
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ],
  },
};

describe('the same answer meets', () => {
  test.each([
    ['nothing', ''],
    ['no token', 'Bearer'],
    ['no token behind a blank', 'Bearer '],
    ['another scheme', `Basic ${operatorToken}`],
    ['no scheme', operatorToken],
    ['two tokens', `Bearer ${operatorToken} ${operatorToken}`],
    ['what only begins like the operator token', `Bearer ${operatorToken}x`],
    ['the beginning of the operator token', `Bearer ${operatorToken.slice(0, -1)}`],
    ['what is no token of ours', 'Bearer tap_1234'],
    ['SQL', `Bearer tap_'--_${'x'.repeat(43)}`],
    ['an organization that does not exist', `Bearer tap_${randomUUID()}_${'x'.repeat(43)}`],
  ])('%s', async (_, authorization) => {
    expect(await answerTo(authorization)).toEqual(refusal);
  });

  test('a token that is mutilated, or names another organization', async () => {
    const { token } = await insertToken(database, orgId, rootId);
    const secret = token.slice(41);
    const last = secret.endsWith('A') ? 'B' : 'A';
    for (const wrong of [
      token.slice(0, -1),
      `${token}A`,
      // The same prefix, by which a token is looked up, and another secret.
      `${token.slice(0, -1)}${last}`,
      `tap_${neighbour.orgId}_${secret}`,
      `tap_${orgId.toUpperCase()}_${secret}`,
      token.toUpperCase(),
      secret,
    ]) {
      expect(await answerTo(`Bearer ${wrong}`)).toEqual(refusal);
    }
    expect(await answerTo(`Bearer ${token}`)).toMatchObject({ status: 200 });
  });

  test('a token that is revoked, or expired, or whose root is removed', async () => {
    const removed = await insertRoot(database, orgId, { lifecycle: 'removed' });
    const tokens = [
      await insertToken(database, orgId, rootId, { revokedAt: '2026-01-01' }),
      await insertToken(database, orgId, rootId, { revokedAt: '2999-01-01' }),
      await insertToken(database, orgId, rootId, { expiresAt: '2026-01-01' }),
      await insertToken(database, orgId, removed),
      await insertToken(database, orgId, removed, { expiresAt: '2999-01-01' }),
    ];
    for (const { token } of tokens) expect(await answerTo(`Bearer ${token}`)).toEqual(refusal);
    const uses = await database.query('select from org_api_tokens where org_id = $1 and last_used_at is not null', [
      orgId,
    ]);
    expect(uses).toEqual([]);
  });
});

test('a token authenticates while it is not expired, and again when its root lives again', async () => {
  const { token } = await insertToken(database, orgId, rootId, { expiresAt: '2999-01-01' });
  const accepted = { status: 200, body: { data: { viewer: { kind: 'ORGANIZATION', organization: { id: orgId } } } } };
  expect(await answerTo(`Bearer ${token}`)).toMatchObject(accepted);
  const setLifecycle = (lifecycle: string) =>
    database.query('update workspaces set lifecycle = $2 where org_id = $1', [orgId, lifecycle]);
  await setLifecycle('removed');
  expect(await answerTo(`Bearer ${token}`)).toEqual(refusal);
  await setLifecycle('failed');
  expect(await answerTo(`Bearer ${token}`)).toMatchObject(accepted);
});

test('the scheme is written in any case, with any number of blanks', async () => {
  for (const header of [`bearer ${operatorToken}`, `BEARER   ${operatorToken} `]) {
    expect(await answerTo(header)).toMatchObject({ status: 200, body: { data: { viewer: { kind: 'OPERATOR' } } } });
  }
});

test('two tokens that share their beginning are told apart', async () => {
  const first = await insertToken(database, orgId, rootId);
  const second = await insertToken(database, orgId, rootId, { revokedAt: '2026-01-01' });
  await database.query(
    'update org_api_tokens set prefix = (select prefix from org_api_tokens where id = $2) where id = $1',
    [second.id, first.id],
  );
  const data = await api.expectData('{ viewer { apiToken { id } } }', {}, first.token);
  expect(data.viewer.apiToken).toEqual({ id: first.id });
});

describe('the last use of a token', () => {
  const lastUse = async (id: string) => {
    const [row] = await database.query<{ at: string | null; recent: boolean | null }>(
      `select last_used_at::text as at, last_used_at > now() - interval '1 minute' as recent from org_api_tokens where id = $1`,
      [id],
    );
    return row;
  };
  const use = (token: string) => api.expectData('{ viewer { kind } }', {}, token);

  test('is noted, and not again within a minute', async () => {
    const { id, token } = await insertToken(database, orgId, rootId);
    expect(await lastUse(id)).toMatchObject({ at: null });
    await use(token);
    const first = await lastUse(id);
    expect(first).toMatchObject({ recent: true });
    await use(token);
    expect(await lastUse(id)).toEqual(first);
  });

  test('is noted anew after a minute', async () => {
    const { id, token } = await insertToken(database, orgId, rootId);
    await database.query(`update org_api_tokens set last_used_at = now() - interval '61 seconds' where id = $1`, [id]);
    await use(token);
    expect(await lastUse(id)).toMatchObject({ recent: true });
  });

  test('is passed over while the row is locked: no request waits for it', async () => {
    const { id, token } = await insertToken(database, orgId, rootId);
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from org_api_tokens where id = $1 for update', [id]);
    await use(token);
    await holder.query('rollback');
    expect(await lastUse(id)).toMatchObject({ at: null });
  });
});
