import { beforeAll, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
beforeAll(async () => {
  orgId = await insertOrganization(database);
  const alpha = await insertRoot(database, orgId, { name: 'Alpha', tier: 3 });
  await insertRoot(database, orgId, { name: 'Beta' });
  await insertWorkspace(database, orgId, { parentId: alpha, name: 'Worker', tier: 2 });
});

/** Reads what is selected of the organization, with fragments behind it. */
async function read(selection: string, fragments = '') {
  const document = `query ($orgId: ID!) { organization(id: $orgId) { ${selection} } } ${fragments}`;
  return (await api.expectData(document, { orgId })).organization;
}

const listOf = (...nodes: object[]) => ({ edges: nodes.map((node) => ({ node })) });
const names = listOf({ name: 'Alpha' }, { name: 'Beta' }, { name: 'Worker' });
const roots = [{ kind: 'WORKSPACE' }, { kind: 'WORKSPACE' }];
const counted = (name: string, totalCount: number) => ({ name, children: { totalCount } });
const withChildren = listOf(counted('Alpha', 1), counted('Beta', 0), counted('Worker', 0));

test.each([
  'roots { kind } workspaces { edges { node { name } } }',
  'workspaces { edges { node { name } } } roots { kind }',
])('the workspaces of an organization are not its roots, though both are asked for: %s', async (selection) => {
  expect(await read(selection)).toEqual({ roots, workspaces: names });
});

test('columns of workspaces that nobody asks of the roots are read', async () => {
  const tiers = listOf({ tier: 3 }, { tier: 1 }, { tier: 2 });
  expect(await read('roots { kind } workspaces { edges { node { tier } } }')).toEqual({ roots, workspaces: tiers });
});

test('two pages beside each other have their own rows, whichever of them needs more than a row', async () => {
  const wide = 'wide: workspaces { edges { node { name children { totalCount } } } }';
  const narrow = 'narrow: workspaces(last: 1) { edges { node { name } } }';
  const both = { wide: withChildren, narrow: listOf({ name: 'Worker' }) };
  expect(await read(`${wide} ${narrow}`)).toEqual(both);
  expect(await read(`${narrow} ${wide}`)).toEqual(both);
});

test.each(['...Names ...Counts', '...Counts ...Names', '...Names roots { kind } ...Counts'])(
  'one page that several fragments ask for has what each of them does: %s',
  async (selection) => {
    const fragments = `
    fragment Names on Organization { workspaces(first: 2) { edges { node { name } } } }
    fragment Counts on Organization { workspaces(first: 2) { edges { node { children { totalCount } } } } }`;
    expect(await read(selection, fragments)).toMatchObject({
      workspaces: listOf(counted('Alpha', 1), counted('Beta', 0)),
    });
  },
);

test('a fragment that is used in two places brings in no less where more is asked for', async () => {
  const document = `query ($orgId: ID!) {
    one: organization(id: $orgId) { ...Names }
    other: organization(id: $orgId) { ...Names workspaces { edges { node { tier } } } }
  }
  fragment Names on Organization { workspaces { edges { node { name } } } }`;
  expect(await api.expectData(document, { orgId })).toEqual({
    one: { workspaces: names },
    other: {
      workspaces: listOf({ name: 'Alpha', tier: 3 }, { name: 'Beta', tier: 1 }, { name: 'Worker', tier: 2 }),
    },
  });
});
