import { getIntrospectionQuery } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const nowhere = new URL(database.url);
nowhere.port = '1';
const orphanedApi = createTestApi(database, { url: nowhere.href });

let orgId: string;
let token: string;
beforeAll(async () => {
  orgId = await insertOrganization(database);
  ({ token } = await insertToken(database, orgId, await insertRoot(database, orgId)));
});

describe.each([
  ['without a token', null],
  ['with a token that is none', 'nobody'],
  ['with a token of nobody', `tap_5f0c1b0e-2a51-4f9a-9c55-0d6f3c0f9a11_${'x'.repeat(43)}`],
])('a stranger %s', (_, stranger) => {
  test.each([
    ['introspection', getIntrospectionQuery()],
    ['the name of a type', '{ __typename }'],
    ['a field that is misspelled', '{ viewr { kind } }'],
    ['a document that is none', '{ viewer {'],
    ['a document that is too large', `{ viewer { ${'kind '.repeat(20_000)} } }`],
    ['no document at all', ''],
    ['a mutation', 'mutation { createOrganization(name: "Intruder") { id } }'],
    ['a subscription', 'subscription { organizationEvents(orgId: "x") { id } }'],
  ])('learns nothing from %s', async (_what, document) => {
    const { status, requestId, ...answer } = await api.execute(document, {}, stranger);
    expect(status).toBe(401);
    expect(answer).toEqual({
      errors: [{ message: expect.stringMatching(/^Send a valid token/), extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(await database.query(`select from organizations where name = 'Intruder'`)).toEqual([]);
  });
});

test('a stranger is answered before the body is read, whatever that is', async () => {
  const response = await api.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: 'no JSON',
  });
  expect(response.status).toBe(401);
});

test.each(['{ __typename }', '{ viewer { kind } }', '{ nothing }', '{'])(
  'a caller whose token cannot be looked up is told to try again, whatever is asked: %s',
  async (document) => {
    const { status, errors } = await orphanedApi.execute(document, {}, token);
    expect(status).toBe(503);
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'SERVICE_UNAVAILABLE', retryable: true }]);
  },
);

test('a caller is looked up once for a request, with one statement, whatever it asks for', async () => {
  const ask = (document: string) => recordStatements(() => api.execute(document, {}, token));
  await ask('{ __typename }');
  for (const document of [
    '{ __typename }',
    '{ a: viewer { kind } b: viewer { kind } }',
    '{ nothing }',
    '{',
    getIntrospectionQuery(),
  ]) {
    const statements = await ask(document);
    expect(statements, document).toEqual([expect.stringContaining('org_api_tokens')]);
  }
});

test('a caller may read the schema, with any token', async () => {
  const data = await api.expectData(getIntrospectionQuery(), {}, token);
  expect(data.__schema.queryType.name).toBe('Query');
});
