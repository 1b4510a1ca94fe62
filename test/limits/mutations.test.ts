import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';
import { exceed } from './refusals.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const pairApi = createTestApi(database, { limits: { maxMutations: 2 } });

let orgId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  await insertRoot(database, orgId, { name: 'Root' });
});

const create = (name: string, alias = name) => `${alias}: createWorkspace(orgId: "${orgId}", name: "${name}") { name }`;
const numbered = (count: number) => Array.from({ length: count }, (_, i) => create(`w${i}`)).join(' ');
async function readNames(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select name from workspaces where org_id = $1 and name <> 'Root' order by created_at, name`,
    [orgId],
  );
  return rows.map(({ name }) => name);
}

/** Has PostgreSQL fail with that SQLSTATE for a workspace of that name, and returns what ends that. */
async function failFor(name: string, sqlState: string): Promise<() => Promise<unknown>> {
  await database.query(`create function fail() returns trigger language plpgsql as
    $$ begin raise exception 'no' using errcode = '${sqlState}'; end $$`);
  await database.query(`create trigger fail before insert on workspaces for each row
    when (new.name = '${name}') execute function fail()`);
  return () => database.query('drop function fail cascade');
}

describe('a mutation has one field', () => {
  test.each([
    ['two of different names', () => `mutation { ${create('a')} ${create('b')} }`],
    ['one twice, under aliases', () => `mutation { ${create('a', 'x')} ${create('a', 'y')} }`],
    ['one of a fragment', () => `mutation { ${create('a')} ...F } fragment F on Mutation { ${create('b')} }`],
    ['two of a fragment', () => `mutation { ...F } fragment F on Mutation { ${create('a')} ${create('b')} }`],
    [
      'one of a fragment in a fragment',
      () =>
        `mutation { ...F } fragment F on Mutation { ${create('a')} ...G } fragment G on Mutation { ... { ${create('b')} } }`,
    ],
    ['one of an inline fragment', () => `mutation { ${create('a')} ... on Mutation { ... { ${create('b')} } } }`],
    [
      'one that a directive leaves out',
      () => `mutation { ${create('a')} ${create('b').replace('{', '@include(if: false) {')} }`,
    ],
    [
      'two of an operation that is not run',
      () => `mutation A { ${create('a')} } mutation B { ${create('b')} ${create('c')} }`,
    ],
  ])('and not %s', async (_, document) => {
    const statements = await recordStatements(async () => {
      const { message, extensions } = await exceed(api, document());
      expect(message).toContain('@sequential');
      expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', mutations: 2, limit: 1 });
    });
    expect(statements).toEqual([]);
    expect(await readNames()).toEqual([]);
  });

  test('asked twice for parts of its answer, which are one', async () => {
    const document = `mutation { ${create('a')} ...F __typename } fragment F on Mutation { ${create('a').replace('{ name }', '{ kind }')} }`;
    expect(await api.expectData(document)).toEqual({ a: { name: 'a', kind: 'WORKSPACE' }, __typename: 'Mutation' });
    expect(await readNames()).toEqual(['a']);
  });

  test('and a fragment that spreads itself is refused, not followed without end', async () => {
    const { errors, data } = await api.execute(`mutation { ...F } fragment F on Mutation { ${create('a')} ...F }`);
    expect(errors?.map(({ extensions }) => extensions.code)).toContain('BAD_USER_INPUT');
    expect(data ?? null).toBeNull();
    expect(await readNames()).toEqual([]);
  });
});

describe('a mutation that is @sequential', () => {
  test('and fails in the middle says what is done, and not that it may be sent again', async () => {
    const allow = await failFor('c', '55P03');
    const left = `${create('left').replace('{', '@include(if: false) {')} ... @skip(if: true) { ${create('too')} }
      ...F @include(if: false)`;
    const { errors, data } = await api.execute(
      `mutation @sequential { __typename ${left} ${create('a', 'first')} ...F ${create('d')} } fragment F on Mutation { ${create('b')} ${create('c')} }`,
    );
    await allow();
    expect(data ?? null).toBeNull();
    expect(errors?.map(({ path, extensions }) => ({ path, extensions }))).toEqual([
      { path: ['c'], extensions: { code: 'LOCK_TIMEOUT', done: ['first', 'b'] } },
    ]);
    expect(errors?.[0]?.message).toContain('is done: first, b.');
    expect(await readNames()).toEqual(['a', 'b']);
  });

  test('says so too where a value turns out to be missing only when its field is run', async () => {
    const { errors } = await api.execute(
      `mutation ($id: ID = "${orgId}") @sequential { ${create('a')} installPlatformAgent(orgId: $id) { id } }`,
      { id: null },
    );
    expect(errors?.map(({ path, extensions }) => ({ path, extensions }))).toEqual([
      { path: ['installPlatformAgent'], extensions: { code: 'BAD_USER_INPUT', done: ['a'] } },
    ]);
    expect(await readNames()).toEqual(['a']);
  });

  test('says so too where what is wrong is on our side', async () => {
    const allow = await failFor('b', 'XX000');
    const { errors } = await api.execute(`mutation @sequential { ${create('a')} ${create('b')} ${create('c')} }`);
    await allow();
    expect(errors?.map(({ path, extensions }) => ({ path, extensions }))).toEqual([
      {
        path: ['b'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String), done: ['a'] },
      },
    ]);
    expect(await readNames()).toEqual(['a']);
  });

  test('counts a field as done that was, and of which something could not be answered', async () => {
    const rootId = await insertRoot(database, orgId, { name: 'Full' });
    for (let i = 0; i < 30; i++) await insertToken(database, orgId, rootId);
    const tokens = create('b').replace('{ name }', '{ organization { apiTokens { id name createdAt } } }');
    const { errors } = await createTestApi(database, { limits: { maxComplexity: 90 } }).execute(
      `mutation @sequential { ${create('a')} ${tokens} ${create('c')} }`,
    );
    expect(errors?.map(({ path, extensions: { code, done } }) => ({ path, code, done }))).toEqual([
      { path: ['b', 'organization', 'apiTokens'], code: 'LIMIT_EXCEEDED', done: ['a', 'b'] },
    ]);
    expect(await readNames()).toEqual(['Full', 'a', 'b']);
  });

  test('has up to twenty fields, which run one after the other', async () => {
    await api.expectData(`mutation @sequential { ${numbered(20)} }`);
    expect(await readNames()).toEqual(Array.from({ length: 20 }, (_, i) => `w${i}`));
  });

  test('has no more, and then none', async () => {
    const { message, extensions } = await exceed(api, `mutation @sequential { ${numbered(21)} }`);
    expect(message).toContain('at most 20');
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', mutations: 21, limit: 20 });
    expect(await readNames()).toEqual([]);
  });

  test('has as many as are set', async () => {
    await exceed(pairApi, `mutation @sequential { ${numbered(3)} }`);
    expect(await readNames()).toEqual([]);
    await pairApi.expectData(`mutation @sequential { ${numbered(2)} }`);
    expect(await readNames()).toEqual(['w0', 'w1']);
  });

  test('keeps what was done before a field failed, and does nothing behind it', async () => {
    const { data, errors } = await api.execute(
      `mutation @sequential { first: createApiToken(orgId: "${orgId}", name: "One") { token }
         second: revokeApiToken(orgId: "${orgId}", id: "${orgId}") { id } ${create('third')} }`,
    );
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['second'], 'API_TOKEN_NOT_FOUND'],
    ]);
    expect(data ?? null).toBeNull();
    expect(await database.query('select name from org_api_tokens where org_id = $1', [orgId])).toEqual([
      { name: 'One' },
    ]);
    expect(await readNames()).toEqual([]);
  });
});

test('the directive is for mutations alone', async () => {
  const { errors } = await api.execute('query @sequential { viewer { kind } }');
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
});

test('a query has as many fields as it likes', async () => {
  await api.expectData('{ a: viewer { kind } b: viewer { kind } ...F } fragment F on Query { c: viewer { kind } }');
});
