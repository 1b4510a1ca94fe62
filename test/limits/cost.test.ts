import { readFileSync } from 'node:fs';
import { getNamedType, isObjectType } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createTestApi, defaultLimits } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';
import { exceed } from './refusals.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const thriftyApi = createTestApi(database, { limits: { maxComplexity: 100 } });
const fifthApi = createTestApi(database, { limits: { maxComplexity: defaultLimits.maxComplexity / 5 } });

let orgId: string;
beforeAll(async () => {
  orgId = await insertOrganization(database);
  await insertRoot(database, orgId);
});

const page = (list: string, selection: string) => `${list} { edges { node { ${selection} } } }`;
const organization = (selection: string) => `{ organization(id: "${orgId}") { ${selection} } }`;

test('a tree of a thousand workspaces with twenty fields each is given', async () => {
  const twenty =
    'id parentId name kind status statusMessage lastHeartbeatAt runtime tier pluginPolicy createdAt updatedAt';
  const more = 'organization { id name } parent { id name } root { id name }';
  const data = await api.expectData(organization(page('workspaces(first: 1000)', `${twenty} ${more}`)));
  expect(data.organization.workspaces.edges).toHaveLength(1);
});

test('a thousand workspaces of a hundred organizations are not, and no statement is sent', async () => {
  const document = `{ ${page('organizations(first: 100)', page('workspaces(first: 1000)', 'id'))} }`;
  const statements = await recordStatements(async () => {
    const { message, extensions } = await exceed(api, document);
    expect(message).toMatch(/300301 fields.*200000.*smaller pages.*descendants/);
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', complexity: 300_301, limit: 200_000 });
  });
  expect(statements).toEqual([]);
});

test('children of children are not without end, however few levels that takes', async () => {
  const down = (levels: number): string => (levels === 0 ? 'id' : page('children', down(levels - 1)));
  await api.expectData(organization(`roots { ${down(2)} }`));
  await exceed(api, organization(`roots { ${down(4)} }`));
});

test('what may be asked for is set, and counted to the field', async () => {
  // One for the organization, one for the list, and three for each workspace.
  const workspaces = (first: number) => organization(page(`workspaces(first: ${first})`, 'id'));
  await thriftyApi.expectData(workspaces(32));
  expect((await exceed(thriftyApi, workspaces(33))).extensions).toMatchObject({ complexity: 101, limit: 100 });
});

test.each([
  [
    'a variable',
    'query ($first: Int) { organization(id: "ORG") { workspaces(first: $first) { edges { node { id } } } } }',
  ],
  [
    'the default of a variable',
    'query ($first: Int = 33) { organization(id: "ORG") { workspaces(first: $first) { edges { node { id } } } } }',
  ],
  ['last', '{ organization(id: "ORG") { workspaces(last: 33) { edges { node { id } } } } }'],
  ['the usual page', '{ organization(id: "ORG") { workspaces { edges { node { id name kind } } } } }'],
  [
    'a fragment',
    '{ organization(id: "ORG") { ...F } } fragment F on Organization { workspaces(first: 33) { edges { ...E } } } fragment E on WorkspaceEdge { node { id } }',
  ],
  [
    'a fragment spread twice',
    '{ organization(id: "ORG") { ...F o: workspaces(first: 17) { ...E } } } fragment F on Organization { p: workspaces(first: 17) { ...E } } fragment E on WorkspaceConnection { edges { node { id } } }',
  ],
  ['the descendants of a root', '{ organization(id: "ORG") { roots { descendants { totalCount } } } }'],
  ['lists without pages', '{ organization(id: "ORG") { roots { apiTokens { id } } } }'],
  ['several fields of Query', '{ organizations(first: 50) { totalCount } b: organizations(first: 50) { totalCount } }'],
])('the cost is that of %s', async (_, document) => {
  const { data, errors } = await thriftyApi.execute(document.replace('ORG', orgId), { first: 33 });
  expect(data ?? null).toSatisfy((value) => value === null || Object.values(value).every((field) => field === null));
  for (const { extensions } of errors ?? []) expect(extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 100 });
  expect(errors?.length).toBeGreaterThan(0);
});

test('a mutation whose answer would be too large changes nothing', async () => {
  const create = (first: number) =>
    `mutation { createWorkspace(orgId: "${orgId}", name: "New") { ${page(`children(first: ${first})`, 'id')} } }`;
  const before = await database.query('select id from workspaces where org_id = $1', [orgId]);
  await exceed(thriftyApi, create(50));
  expect(await database.query('select id from workspaces where org_id = $1', [orgId])).toEqual(before);
});

test('a subscription whose updates would be too large is refused, and no statement is sent', async () => {
  const document = `subscription { organizationEvents(orgId: "${orgId}") { states { workspace { ${page('children', 'id')} } } } }`;
  const statements = await recordStatements(async () => {
    const subscription = await thriftyApi.subscribe(document);
    expect(await subscription.next()).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit: 100 } }],
    });
    expect(await subscription.next()).toBeUndefined();
  });
  expect(statements).toEqual([]);
});

test('a page that is larger than any is refused for that, and a negative one too', async () => {
  expect((await exceed(api, organization(page('workspaces(first: 2000000000)', 'id')))).extensions).toMatchObject({
    argument: 'first',
    limit: 1_000,
  });
  const { errors } = await api.execute(organization(page('workspaces(first: -2000000000)', 'id')));
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test('every list of which a part can be asked for counts by that part', () => {
  const connections = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
    .filter(
      ({ field }) =>
        getNamedType(field.type).name.endsWith('Connection') || field.args.some(({ name }) => name === 'first'),
    );
  expect(connections.length).toBeGreaterThan(5);
  for (const { type, field } of connections) {
    expect(field.extensions['complexity'], `${type.name}.${field.name}`).toBeTypeOf('function');
  }
});

test('the tree as the console reads it, the largest that it asks for, is far from the limit', async () => {
  const document = readFileSync('src/console/workspaces/workspaces.graphql', 'utf8');
  const tree = document.slice(0, document.indexOf('mutation'));
  expect(tree).toContain('workspaces(first: 1000');
  const { organization } = await fifthApi.expectData(tree, { orgId });
  expect(organization.workspaces.edges).toHaveLength(1);
});
