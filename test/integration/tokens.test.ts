import { createHash, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readEvents } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId);
});

const selection = '{ token apiToken { id name prefix createdBy expiresAt lastUsedAt revokedAt root { id } } }';
const create = (args: Record<string, unknown> = {}, token?: string) =>
  mutate(api, 'createApiToken', { orgId, name: 'CI', ...args }, selection, token);

describe('createApiToken', () => {
  test('shows the token once, and stores its hash and not the token', async () => {
    const { token, apiToken } = await create();
    expect(token).toMatch(new RegExp(`^tap_${orgId}_[A-Za-z0-9_-]{43}$`));
    expect(apiToken).toEqual({
      id: expect.any(String),
      name: 'CI',
      prefix: token.slice(0, 49),
      createdBy: 'operator',
      expiresAt: null,
      lastUsedAt: null,
      revokedAt: null,
      root: { id: rootId },
    });
    const [stored] = await database.query<{ hash: Buffer }>(
      'select token_hash as hash from org_api_tokens where org_id = $1 and id = $2',
      [orgId, apiToken.id],
    );
    expect(stored?.hash).toEqual(createHash('sha256').update(token).digest());
    const secret = token.slice(49);
    expect(JSON.stringify(await snapshotOrganization(database, orgId))).not.toContain(secret);
    expect(JSON.stringify(api.logged)).not.toContain(secret);
  });

  test('tells what was created, without the secret', async () => {
    const { apiToken } = await create();
    expect(await readEvents(database, orgId)).toEqual([
      {
        seq: 1,
        type: 'api_token.created',
        actor: 'operator',
        subjectId: apiToken.id,
        data: { name: 'CI', prefix: apiToken.prefix, rootId },
      },
    ]);
  });

  test('makes another one every time', async () => {
    const tokens = await Promise.all([create(), create(), create()]);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(3);
  });

  test('keeps when it expires, and refuses a time that has passed', async () => {
    const { apiToken } = await create({ expiresAt: '2999-01-02T03:04:05.678Z' });
    expect(apiToken.expiresAt).toBe('2999-01-02T03:04:05.678Z');
    const before = await snapshotOrganization(database, orgId);
    const args = { orgId, name: 'CI', expiresAt: '2020-01-01T00:00:00Z' };
    const { extensions } = await refuse(api, 'createApiToken', args, '{ token }');
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });

  test('by a token is told to be by that token', async () => {
    const { id, token } = await insertToken(database, orgId, rootId);
    const { apiToken } = await create({}, token);
    expect(apiToken.createdBy).toBe(`token:${id}`);
  });
});

describe('revokeApiToken', () => {
  test('ends a token for good, and tells it once', async () => {
    const { token, apiToken } = await create();
    const revoke = () => mutate(api, 'revokeApiToken', { orgId, id: apiToken.id }, '{ id revokedAt }');
    expect(await revoke()).toEqual({ id: apiToken.id, revokedAt: expect.any(String) });
    expect((await api.execute('{ viewer { kind } }', {}, token)).status).toBe(401);
    expect((await readEvents(database, orgId)).at(-1)).toEqual({
      seq: 2,
      type: 'api_token.revoked',
      actor: 'operator',
      subjectId: apiToken.id,
      data: { name: 'CI', prefix: apiToken.prefix },
    });
    const before = await snapshotOrganization(database, orgId);
    await revoke();
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });

  test('lets a token revoke itself', async () => {
    const { token, apiToken } = await create();
    await mutate(api, 'revokeApiToken', { orgId, id: apiToken.id }, '{ id }', token);
    expect((await api.execute('{ viewer { kind } }', {}, token)).status).toBe(401);
  });

  test('does not find a token that is unknown or of another organization', async () => {
    for (const id of [randomUUID(), neighbour.tokenId]) {
      const { extensions } = await refuse(api, 'revokeApiToken', { orgId, id });
      expect(extensions).toEqual({ code: 'API_TOKEN_NOT_FOUND', orgId, apiTokenId: id });
    }
  });
});

test('tokens are listed oldest first, revoked ones included', async () => {
  const first = await insertToken(database, orgId, rootId, { revokedAt: '2026-01-01' });
  const second = await insertToken(database, orgId, rootId);
  await database.query(`update org_api_tokens set created_at = now() - interval '1 day' where id = $1`, [second.id]);
  const data = await api.expectData(
    'query ($orgId: ID!) { organization(id: $orgId) { apiTokens { id } roots { apiTokens { id } } } }',
    { orgId },
  );
  const inOrder = [{ id: second.id }, { id: first.id }];
  expect(data.organization).toEqual({ apiTokens: inOrder, roots: [{ apiTokens: inOrder }] });
});
