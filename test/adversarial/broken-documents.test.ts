import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { alarmsIn } from '../support/alarms.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Draw, drawRequest, pick } from './random-requests.ts';
import { insertWorld, type World } from './worlds.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let world: World;
beforeAll(async () => {
  world = await insertWorld(database);
});

afterEach(() => {
  expect(alarmsIn(api.logged)).toEqual([]);
});

/** Sends a document, or what is in its place, and expects an answer that shows nothing of what went on inside. */
async function send(body: object | string): Promise<readonly string[]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await api.fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${operatorToken}`,
    },
    body: text,
  });
  const { errors } = await response.json();
  expect([200, 400, 406, 413], text).toContain(response.status);
  // Messages repeat pieces of the document: it is what the caller knows.
  expectNoLeak(errors, ...new Set(text.match(/[\w$@]+/g)));
  countTried('hostile inputs');
  return (errors ?? []).map(({ extensions }: { extensions: { code: string } }) => extensions.code);
}

const repeat = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

describe('is refused', () => {
  test.each([
    ['nothing', ''],
    ['blanks', ' \ufeff\n,,, '],
    ['a NUL', '{ viewer { kind } }\0'],
    ['half of a surrogate pair', '{ viewer { kind } } \ud800'],
    ['an escape beyond Unicode', '{ organizations(search: "\\u{110000}") { totalCount } }'],
    ['an escape of half of a pair', '{ organizations(search: "\\ud800") { totalCount } }'],
    ['a text without an end', '{ organizations(search: "'],
    ['a block without an end', '{ organizations(search: """'],
    ['a number without an end', `{ organizations(first: ${'9'.repeat(100_000)}) { totalCount } }`],
    ['a number that is none', '{ organizations(first: -) { totalCount } }'],
    ['a number with a fraction', '{ organizations(first: 1.0) { totalCount } }'],
    ['brackets that nest', `{ organizations(search: ${'['.repeat(1_000)}`],
    ['fields that nest', `{ viewer ${'{ organization '.repeat(1_000)}`],
    ['objects that nest', `{ organizations(search: ${'{a:'.repeat(1_000)}`],
    ['types that nest', `query ($a: ${'['.repeat(1_000)}`],
    ['fragments that nest', `{ ...${' on Query { ...'.repeat(500)}`],
    ['a fragment within itself', '{ ...A } fragment A on Query { ...A }'],
    [
      'fragments in a circle',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
    ],
    [
      'a fragment that is there twice',
      '{ ...A } fragment A on Query { viewer { kind } } fragment A on Query { viewer { kind } }',
    ],
    ['a fragment on nothing', '{ ...A } fragment A on Nothing { id }'],
    ['a fragment without a use', '{ viewer { kind } } fragment A on Query { viewer { kind } }'],
    ['a field of a prototype', '{ __proto__ { constructor } toString hasOwnProperty }'],
    ['a variable that is there twice', 'query ($a: Int, $a: Int) { organizations(first: $a) { totalCount } }'],
    ['a variable of a type of answers', 'query ($a: Viewer) { viewer { kind } }'],
    ['a default of another type', 'query ($a: Int = "a") { organizations(first: $a) { totalCount } }'],
    ['a directive that is none', '{ viewer @nothing { kind } }'],
    ['a directive without its argument', '{ viewer @skip { kind } }'],
    ['directives without end', `{ viewer ${'@skip(if: false) '.repeat(10_000)} { kind } }`],
    ['two names of one field', '{ a: viewer { kind } a: organizations { totalCount } }'],
    ['a definition of a type', 'type Query { a: Int }'],
    ['an extension of a type', 'extend type Query { a: Int }'],
    ['two operations without a name', '{ viewer { kind } } { viewer { kind } }'],
    [
      'two fields of a subscription',
      'subscription { a: organizationEvents(orgId: "x") { id } b: organizationEvents(orgId: "x") { id } }',
    ],
  ])('%s', async (_, query) => {
    expect(await send({ query })).not.toEqual([]);
  });
});

describe('is answered or refused, and takes the server nowhere', () => {
  test.each([
    ['ten thousand aliases', `{ ${repeat(10_000, (index) => `a${index}: __typename`)} }`],
    ['a thousand aliases of an object', `{ ${repeat(1_000, (index) => `a${index}: viewer { kind }`)} }`],
    ['ten thousand times one field', `{ viewer { ${repeat(10_000, () => 'kind')} } }`],
    [
      'a thousand fragments in a row',
      `{ ...F0 } ${repeat(1_000, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F1000 on Query { viewer { kind } }`,
    ],
    [
      'fragments that double',
      `{ ...F0 } ${repeat(25, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F25 on Query { viewer { kind } }`,
    ],
    [
      'a thousand variables',
      `query (${repeat(1_000, (index) => `$v${index}: Int = 1`)}) { organizations(first: $v0) { totalCount } }`,
    ],
    [
      'a list of ten thousand',
      `{ organization(id: "x") { workspaces(status: [${'ONLINE '.repeat(10_000)}]) { totalCount } } }`,
    ],
    ['a name of a hundred thousand letters', `query ${'a'.repeat(100_000)} { viewer { kind } }`],
    ['an alias of a hundred thousand letters', `{ ${'a'.repeat(100_000)}: viewer { kind } }`],
    ['a field of a hundred thousand letters', `{ ${'a'.repeat(100_000)} }`],
    ['a comment of a megabyte', `{ viewer { kind } } #${'x'.repeat(1_000_000)}`],
    ['commas without end', `{ viewer { kind } } ${','.repeat(500_000)}`],
    ['a block of a megabyte', `{ organizations(search: """${'\n x'.repeat(300_000)}""") { totalCount } }`],
    [
      'introspection that nests',
      `{ __schema { types { ${'fields { type { '.repeat(20)} name ${'} } '.repeat(20)} } } }`,
    ],
  ])('%s', async (_, query) => {
    for (const code of await send({ query }))
      expect(['BAD_USER_INPUT', 'LIMIT_EXCEEDED', 'ORGANIZATION_NOT_FOUND']).toContain(code);
  });
});

/** The text of a request whose one variable nests as often as fits into the body that is taken. Written by hand, as it is too deep to be printed. */
function nested(opening: string, closing: string): string {
  const query =
    'query ($status: [WorkspaceStatus!]) { organizations { nodes: edges { node { workspaces(status: $status) { totalCount } } } } }';
  const depth = 100_000;
  return `{"query":${JSON.stringify(query)},"variables":{"status":${opening.repeat(depth)}1${closing.repeat(depth)}}}`;
}

test.each([
  [
    'variables with a prototype',
    JSON.parse('{"query":"{ viewer { kind } }","variables":{"__proto__":{"a":1},"constructor":1}}'),
  ],
  ['a name of a prototype for the operation', { query: 'query A { viewer { kind } }', operationName: '__proto__' }],
  ['another name for the operation', { query: 'query A { viewer { kind } }', operationName: 'B' }],
  [
    'extensions that are odd',
    { query: '{ viewer { kind } }', extensions: { persistedQuery: { version: 1, sha256Hash: "'" } } },
  ],
  ['a variable of a hundred thousand lists, each in the next', nested('[', ']')],
  ['a variable of a hundred thousand objects, each in the next', nested('{"a":', '}')],
])('%s is answered or refused', async (_, body) => {
  for (const code of await send(body)) expect(code).toBe('BAD_USER_INPUT');
});

const pieces = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ':',
  '$',
  '!',
  '@',
  '...',
  '"',
  '"""',
  '\\',
  '#',
  '|',
  '&',
  '=',
  '\0',
  '\ud800',
  '\u2028',
  'on',
  'null',
  '__typename',
  'fragment',
  '-1',
  '1e9',
];

/** A document with some of its characters changed, dropped, doubled or moved. */
function breakText(draw: Draw, text: string): string {
  const at = draw(fc.nat, { max: text.length });
  const length = draw(fc.nat, { max: 20 });
  const [before, piece, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)];
  switch (draw(fc.nat, { max: 5 })) {
    case 0:
      return before;
    case 1:
      return before + after;
    case 2:
      return before + piece.repeat(3) + after;
    case 3:
      return after + piece + before;
    case 4:
      return before + pick(draw, pieces) + piece + after;
    default:
      return before + String.fromCharCode(draw(fc.nat, { max: 0xffff })) + piece.slice(1) + after;
  }
}

test('a document that is broken at random is refused or answered, as any other', async () => {
  const codes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (draw) => {
      const { query, variables } = drawRequest(draw, world.ids, Object.values(world.ids));
      const broken = Array.from({ length: 1 + draw(fc.nat, { max: 2 }) }).reduce<string>(
        (text) => breakText(draw, text),
        query,
      );
      const [code = 'done'] = await send({ query: broken, variables });
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }),
    { seed: seedOfRun(), numRuns: tries({ bounded: 400, deep: 30_000 }) },
  );
  expect(codes.get('BAD_USER_INPUT')).toBeGreaterThan(0);
  expect(codes.get('done')).toBeGreaterThan(0);
});
