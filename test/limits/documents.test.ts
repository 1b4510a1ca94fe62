import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';
import { exceed } from './refusals.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const strictApi = createTestApi(database, {
  limits: { maxTokens: 100, maxDepth: 10, maxAliases: 3, maxDirectives: 2 },
});

const deepestApi = createTestApi(database, { limits: { maxDepth: 60 } });

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

/** Sends what must be answered in full. */
const answer = (client: typeof api, document: string) => client.expectData(document);

describe('tokens', () => {
  // `{ viewer { kind … } }` has five around its fields.
  const fields = (count: number) => `{ viewer { ${times(count, () => 'kind')} } }`;

  test('are counted up to the limit', async () => {
    await answer(strictApi, fields(95));
    expect((await exceed(strictApi, fields(96))).extensions).toMatchObject({ limit: 100 });
    await answer(api, fields(96));
  });

  test('are ten thousand by default, wherever they stand', async () => {
    const definitions = (tokens: number) => `{ viewer { kind } } ${times(tokens, () => '}')}`;
    const { message, extensions } = await exceed(api, definitions(9_995));
    expect(message).toContain('10000 tokens');
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 10_000 });
  });

  test('are not what is written in a text or in a comment', async () => {
    const document = `# ${'{ '.repeat(10_000)}
      { organizations(search: "${'{ '.repeat(50)}") { totalCount } }`;
    expect(await answer(api, document)).toEqual({ organizations: { totalCount: 0 } });
  });
});

describe('depth', () => {
  let orgId: string;
  let leaf: string;
  beforeEach(async () => {
    orgId = await insertOrganization(database);
    let parentId = await insertRoot(database, orgId, { name: 'level 0' });
    for (let level = 1; level <= 30; level++) {
      parentId = await insertWorkspace(database, orgId, { parentId, name: `level ${level}` });
    }
    leaf = parentId;
  });
  const up = (levels: number, leafField = 'name') => `${'parent { '.repeat(levels)}${leafField}${' }'.repeat(levels)}`;
  const workspace = (selection: string) => `{ workspace(orgId: "${orgId}", id: "${leaf}") { ${selection} } }`;

  test('is that of a tree of thirty levels, and more', async () => {
    const down = (levels: number): string =>
      levels === 0 ? 'name' : `name children(first: 1) { edges { node { ${down(levels - 1)} } } }`;
    const data = await answer(api, `{ organization(id: "${orgId}") { roots { ${down(30)} } } }`);
    expect(JSON.stringify(data)).toContain('"level 30"');
  });

  test('is fifty fields, and no more', async () => {
    await answer(api, workspace(up(48)));
    const { message, extensions } = await exceed(api, workspace(up(49)));
    expect(message).toContain('50 levels');
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 50 });
  });

  test('can be set as high as all that it allows is answered', async () => {
    const below = 'status statusMessage pluginAllowlist { plugin }';
    await answer(deepestApi, workspace(up(57, below)));
    const down = (levels: number): string =>
      levels === 0 ? below : `children(first: 1) { totalCount edges { node { ${down(levels - 1)} } } }`;
    await answer(deepestApi, `{ organization(id: "${orgId}") { roots { ${down(56)} } } }`);
    await exceed(deepestApi, workspace(up(58, below)));
  });

  test('can be set', async () => {
    await answer(strictApi, workspace(up(8)));
    expect((await exceed(strictApi, workspace(up(9)))).extensions).toMatchObject({ limit: 10 });
  });

  test.each([
    ['a fragment', (inner: string) => ['...F', `fragment F on Workspace { ${inner} }`]],
    ['an inline fragment', (inner: string) => [`... on Workspace { ... { ${inner} } }`, '']],
    [
      'a fragment in a fragment',
      (inner: string) => ['...F', `fragment F on Workspace { ...G } fragment G on Workspace { ${inner} }`],
    ],
  ])('is counted through %s', async (_, wrap) => {
    const document = (levels: number) => {
      const [selection, definitions] = wrap(up(levels));
      return `${workspace(`parent { ${selection} }`)} ${definitions}`;
    };
    await answer(strictApi, document(7));
    await exceed(strictApi, document(8));
  });

  test('is that of the deepest place where a fragment is spread', async () => {
    const document = (levels: number) =>
      `${workspace(`...F ${up(levels, '...F')}`)} fragment F on Workspace { ${up(4)} }`;
    await answer(strictApi, document(4));
    await exceed(strictApi, document(5));
  });

  test('is not exceeded by fragments without end, which are refused before they are followed', async () => {
    const chain = (count: number, last: string) =>
      `{ viewer { ...F0 } } ${times(count, (i) => `fragment F${i} on Viewer { kind ...F${i + 1} }`)} ${last}`;
    expect((await exceed(api, chain(1_000, 'fragment F1000 on Viewer { kind }'))).extensions).toMatchObject({
      limit: 50,
    });
    const cyclic = await api.execute(chain(50, 'fragment F50 on Viewer { ...F0 }'));
    expect(cyclic.errors?.map(({ extensions }) => extensions.code)).toContain('BAD_USER_INPUT');
  });
});

describe.each([
  ['aliases', 100, 3, (count: number) => times(count, (i) => `a${i}: kind`)],
  [
    'directives',
    50,
    2,
    (count: number) => times(count, (i) => `... @include(if: true) { kind${i ? '' : ' apiToken { id }'} }`),
  ],
] as const)('%s', (what, byDefault, whenStrict, make) => {
  test(`are ${byDefault} by default, and no more`, async () => {
    await answer(api, `{ viewer { ${make(byDefault)} } }`);
    const { message, extensions } = await exceed(api, `{ viewer { ${make(byDefault + 1)} } }`);
    expect(message).toContain(`${byDefault + 1} ${what}`);
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', [what]: byDefault + 1, limit: byDefault });
  });

  test('can be set', async () => {
    await answer(strictApi, `{ viewer { ${make(whenStrict)} } }`);
    await exceed(strictApi, `{ viewer { ${make(whenStrict + 1)} } }`);
  });

  test('of a fragment count each time that it is spread', async () => {
    const document = (spreads: number) =>
      `{ viewer { kind ${times(spreads, () => '...F')} } } fragment F on Viewer { ...G } fragment G on Viewer { ${make(1)} }`;
    await answer(strictApi, document(whenStrict));
    await exceed(strictApi, document(whenStrict + 1));
  });

  test('cannot be made without end by fragments that spread others twice', async () => {
    const levels = 60;
    const bomb = `{ viewer { ...F0 } } ${times(levels, (i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`)}
      fragment F${levels} on Viewer { ${make(1)} }`;
    expect((await exceed(api, bomb)).extensions[what]).toBe(2 ** levels);
  });
});

test('comments are as many as tokens', async () => {
  await answer(api, `{ viewer { kind } }${'#\n'.repeat(10_000)}`);
  const { message } = await exceed(api, `{ viewer { kind } }${'#\n'.repeat(10_001)}`);
  expect(message).toContain('comments');
});

test('the schema is asked for as often as the cost of an answer allows, which is ten times', async () => {
  const asked = (times: number) =>
    `{ ${Array.from({ length: times }, (_, i) => `a${i}: __schema { queryType { name } }`).join(' ')} }`;
  await answer(api, asked(10));
  const { message, extensions } = await exceed(api, asked(11));
  expect(message).toContain('11 introspections');
  expect(extensions).toMatchObject({ limit: 10 });
});

test('a directive of a fragment and of a variable counts too', async () => {
  const document = (own: string) =>
    `query ($a: Int = 1 ${own}) { viewer { ...F } } fragment F on Viewer ${own} { kind }`;
  const { message } = await exceed(strictApi, document('@skip(if: true) @include(if: true)'));
  expect(message).toContain('4 directives');
});

test('selections are as many as tokens, wherever they come from: fragments that spread others twice are soon too many', async () => {
  const doubling = (levels: number) =>
    `{ viewer { ...F0 } } ${times(levels, (i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`)}
      fragment F${levels} on Viewer { kind }`;
  await answer(api, doubling(10));
  const { message, extensions } = await exceed(api, doubling(25));
  expect(message).toContain('selections');
  expect(extensions).toMatchObject({ limit: 10_000 });
});

test('a directive of the operation and of a spread counts too', async () => {
  const document = (own: string) =>
    `query ($yes: Boolean! = true) ${own} { viewer { ...F @include(if: $yes) kind @skip(if: false) } } fragment F on Viewer { kind }`;
  await answer(strictApi, document(''));
  await exceed(strictApi, document('@include(if: true)'));
});

test('a document that is refused sends no statement, is refused again, and keeps no other from being answered', async () => {
  const document = `{ ${times(101, (i) => `a${i}: organizations { totalCount }`)} }`;
  const statements = await recordStatements(async () => {
    await exceed(api, document);
    await exceed(api, document);
  });
  expect(statements).toEqual([]);
  await answer(api, '{ organizations { totalCount } }');
});
