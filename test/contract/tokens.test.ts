import { createHash, randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { CreateApiTokenDocument, RevokeApiTokenDocument, ViewerDocument } from '../generated/documents.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { createContractApi } from './operations.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createContractApi(database, 'tokens');

const orgId = randomUUID();
let root: { id: string; name: string };
beforeAll(async () => {
  await insertOrganization(database, { id: orgId, name: 'Acme' });
  root = { id: await insertRoot(database, orgId, { name: 'Root' }), name: 'Root' };
});

const stored = async (id: string) => {
  const columns = 'name, root_id, prefix, token_hash, created_by, expires_at, revoked_at is not null as revoked';
  const [row] = await database.query(`select ${columns} from org_api_tokens where org_id = $1 and id = $2`, [
    orgId,
    id,
  ]);
  return row;
};

test('the operator is told that it is the operator', async () => {
  expect(await api.run(ViewerDocument, {})).toEqual({
    viewer: { kind: 'OPERATOR', organization: null, apiToken: null },
  });
});

test('a token is shown once, stored as a hash alone, works, and is revoked for good', async () => {
  const expiresAt = '2999-12-31T23:59:59.000Z';
  const { createApiToken } = await api.run(CreateApiTokenDocument, { orgId, name: 'CI', rootId: root.id, expiresAt });
  const { token, apiToken } = createApiToken;
  expect(token).toMatch(new RegExp(`^tap_${orgId}_[\\w-]{43}$`));
  expect(apiToken).toEqual({
    id: expect.any(String),
    name: 'CI',
    prefix: token.slice(0, 49),
    createdBy: 'operator',
    createdAt: expect.any(String),
    lastUsedAt: null,
    expiresAt,
    revokedAt: null,
    root,
  });
  expect(await stored(apiToken.id)).toEqual({
    name: 'CI',
    root_id: root.id,
    prefix: token.slice(0, 49),
    token_hash: createHash('sha256').update(token).digest(),
    created_by: 'operator',
    expires_at: new Date(expiresAt),
    revoked: false,
  });

  const { viewer } = await api.run(ViewerDocument, {}, token);
  expect(viewer).toEqual({
    kind: 'ORGANIZATION',
    organization: { id: orgId, name: 'Acme', installed: false, createdAt: expect.any(String) },
    apiToken: { ...apiToken, lastUsedAt: expect.any(String) },
  });

  const { revokeApiToken } = await api.run(RevokeApiTokenDocument, { orgId, id: apiToken.id });
  expect(revokeApiToken).toMatchObject({ id: apiToken.id, name: 'CI', revokedAt: expect.any(String) });
  expect(await stored(apiToken.id)).toMatchObject({ revoked: true });
  expect((await api.run(RevokeApiTokenDocument, { orgId, id: apiToken.id })).revokeApiToken).toEqual(revokeApiToken);
  expect(await api.execute(ViewerDocument, {}, token)).toMatchObject({
    status: 401,
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
});

test('a token made by a token names it, and does not expire unless told to', async () => {
  const first = (await api.run(CreateApiTokenDocument, { orgId, name: 'First' })).createApiToken;
  const second = (await api.run(CreateApiTokenDocument, { orgId, name: 'Second' }, first.token)).createApiToken;
  expect(second.apiToken).toMatchObject({ createdBy: `token:${first.apiToken.id}`, expiresAt: null, root });
  expect(await stored(second.apiToken.id)).toMatchObject({
    created_by: `token:${first.apiToken.id}`,
    expires_at: null,
  });
});

test('every operation of tokens.graphql was run', api.expectAllWereRun);
