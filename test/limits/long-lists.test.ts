import { beforeAll, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';
import { exceed } from './refusals.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const apiWith = (maxComplexity: number) => createTestApi(database, { limits: { maxComplexity } });

let fullId: string;
let rootId: string;
beforeAll(async () => {
  fullId = await insertOrganization(database);
  rootId = await insertRoot(database, fullId);
  for (let i = 0; i < 30; i++) {
    await insertToken(database, fullId, rootId);
    await allow(database, fullId, rootId, `plugin-${i}`);
    const parentId = await insertRoot(database, fullId);
    await insertWorkspace(database, fullId, { parentId });
  }
});
const tokens = (selection: string) => `{ organization(id: "${fullId}") { apiTokens { ${selection} } } }`;

test('a list without pages counts with all of its items', async () => {
  // One for the organization, one for the list, and three for each token.
  const three = tokens('id name createdAt');
  const exact = apiWith(92);
  expect((await exact.expectData(three)).organization.apiTokens).toHaveLength(30);
  const { message, path, extensions } = await exceed(apiWith(91), three);
  expect(path).toEqual(['organization', 'apiTokens']);
  expect(message).toMatch(/more than 91 fields: apiTokens has 30 items here, and of each up to 3 fields/);
  expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 91 });
});

test('such a list may be below another one, as its rows are loaded once', async () => {
  const selection = 'root { apiTokens { id } organization { apiTokens { id } } }';
  const statements = await recordStatements(async () => {
    const { organization: read } = await api.expectData(tokens(selection));
    expect(read.apiTokens[29].root.apiTokens).toHaveLength(30);
    expect(read.apiTokens[29].root.organization.apiTokens).toHaveLength(30);
  });
  expect(statements).toHaveLength(3);
});

/** All that is answered under a name, wherever it stands. */
function valuesOf(data: object, name: string): unknown[] {
  return Object.entries(data).flatMap(([key, value]) => {
    if (key === name) return [value];
    return typeof value === 'object' && value !== null ? valuesOf(value, name) : [];
  });
}

test.each([
  ['root', 'apiTokens { FIELDS }', 'pluginAllowlist { plugin }'],
  ['root', 'pluginAllowlist { FIELDS }', 'apiTokens { id }'],
  ['organization', 'roots { FIELDS }', 'roots { name }'],
  ['parent', 'roots { children(first: 1) { edges { node { FIELDS } } } }', 'apiTokens { id }'],
])('%s of %s is the same with a list below it and without, under one name and several', async (field, items, list) => {
  const read = (fields: string) =>
    api.expectData(`{ organization(id: "${fullId}") { ${items.replace('FIELDS', fields)} } }`);
  const plain = valuesOf(await read(`a: ${field} { id createdAt }`), 'a');
  const listed = valuesOf(await read(`b: ${field} { id name ${list} }`), 'b');
  expect(plain.length).toBeGreaterThanOrEqual(30);
  const both = await read(`a: ${field} { id createdAt } b: ${field} { id name } b: ${field} { ${list} }`);
  expect(valuesOf(both, 'a')).toEqual(plain);
  expect(valuesOf(both, 'b')).toEqual(listed);
});

// To the power of four, thirty are 810,000, and reckoned with ten they are few enough.
test.each([
  ['the tokens of a root, and back to it', 'apiTokens', 'root'],
  ['the plugins of a root, and back to it', 'pluginAllowlist', 'root'],
  ['the tokens of an organization, and back to it', 'apiTokens', 'root { organization'],
  ['roots, and back to their organization', 'roots', 'organization'],
  ['roots by their children, and back', 'roots', 'children(first: 1) { edges { node { parent { organization'],
])('such a list is not nested in itself without end: %s', async (_, list, back) => {
  const nested = (levels: number): string =>
    levels === 0 ? 'id' : `${list} { ${back} { ${nested(levels - 1)} } }${' }'.repeat(back.split('{').length - 1)}`;
  const statements = await recordStatements(async () => {
    const { message } = await exceed(api, `{ organization(id: "${fullId}") { ${nested(4)} } }`);
    expect(message).toContain(`${list} has`);
  });
  expect(statements.length).toBeLessThan(12);
  // A list, and that of its items, but not what leads back.
  for (const statement of statements) expect(statement.match(/jsonb_agg/gi)?.length ?? 0).toBeLessThanOrEqual(2);
});

test('such a list counts wherever it is asked for', async () => {
  const once = `organization(id: "${fullId}") { apiTokens { id } }`;
  const twice = `{ a: ${once} b: ${once} }`;
  await apiWith(64).expectData(twice);
  const { data, errors } = await apiWith(63).execute(twice);
  expect(Object.values(data).filter((value) => value === null)).toHaveLength(1);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['LIMIT_EXCEEDED']);
});

test('such a list counts anew with every update of a subscription', async () => {
  const document = `subscription { organizationEvents(orgId: "${fullId}") { states { workspace { root { apiTokens { id } } } } } }`;
  // One for the update and one for its states, thirteen for each of ten, and twenty tokens more.
  const within = await apiWith(152).subscribe(document);
  const beyond = await apiWith(151).subscribe(document);
  await Promise.all([within.next(), beyond.next()]);
  for (let i = 0; i < 3; i++) {
    await mutate(api, 'createWorkspace', { orgId: fullId, parentId: rootId, name: `w${i}` });
    const { data, errors } = (await within.next()) ?? {};
    expect(errors).toBeUndefined();
    expect(data.organizationEvents.states[0].workspace.root.apiTokens).toHaveLength(30);
  }
  expect((await beyond.next())?.errors?.[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 151 });
});
