import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let ids: Record<string, string>;
/** Inserts a tree written as `{ root: { branch: {} } }`, without what is removed. */
type Tree = { [name: string]: Tree };
async function insertTree(tree: Tree, parentId?: string): Promise<void> {
  for (const [name, children] of Object.entries(tree)) {
    const lifecycle = name.startsWith('gone') ? 'removed' : 'offline';
    const id = await insertWorkspace(database, orgId, { name, parentId: parentId ?? null, lifecycle });
    ids[name] = id;
    await insertTree(children, id);
  }
}
beforeEach(async () => {
  orgId = await insertOrganization(database);
  ids = {};
  await insertTree({
    root: { b: { b2: {}, b1: { b11: {} } }, a: { a1: {} }, 'gone c': { 'below gone': {} }, d: {} },
    other: { z: {} },
  });
});

const read = async (name: string, selection: string) =>
  (await api.expectData(`{ workspace(orgId: "${orgId}", id: "${ids[name]}") { ${selection} } }`)).workspace;

interface Page {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
  edges: { node: { name: string } }[];
}
const descendants = async (name: string, args = '') => {
  const { descendants } = await read(
    name,
    `descendants${args} { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { node { name } } }`,
  );
  const { totalCount, pageInfo, edges }: Page = descendants;
  return { totalCount, ...pageInfo, names: edges.map(({ node }) => node.name) };
};

describe('descendants', () => {
  const inOrder = ['a', 'a1', 'b', 'b1', 'b11', 'b2', 'd'];

  test('are depth first, siblings by name, and leave out what is removed with all below it', async () => {
    expect(await descendants('root')).toMatchObject({
      totalCount: 7,
      names: inOrder,
      hasNextPage: false,
      hasPreviousPage: false,
    });
    expect((await descendants('b')).names).toEqual(['b1', 'b11', 'b2']);
    expect(await descendants('d')).toEqual({
      totalCount: 0,
      names: [],
      hasNextPage: false,
      hasPreviousPage: false,
      endCursor: null,
    });
  });

  test('hold what is removed when it is asked for', async () => {
    const { names } = await descendants('root', '(includeRemoved: true)');
    expect(names).toEqual(['a', 'a1', 'b', 'b1', 'b11', 'b2', 'd', 'gone c', 'below gone']);
  });

  test('are paged, each once, with the same total on every page', async () => {
    const seen: string[] = [];
    let after = '';
    for (let more = true; more; ) {
      const { names, totalCount, hasNextPage, hasPreviousPage, endCursor } = await descendants(
        'root',
        `(first: 3${after})`,
      );
      expect({ totalCount, hasPreviousPage }).toEqual({ totalCount: 7, hasPreviousPage: seen.length > 0 });
      seen.push(...names);
      after = `, after: "${endCursor}"`;
      more = hasNextPage;
    }
    expect(seen).toEqual(inOrder);
    expect(await descendants('root', '(first: 0)')).toMatchObject({ totalCount: 7, names: [], hasNextPage: true });
    expect(await descendants('root', '(first: 7)')).toMatchObject({ names: inOrder, hasNextPage: false });
  });

  test('do not start behind a workspace that is not among them', async () => {
    for (const name of ['other', 'root', 'gone c']) {
      const { errors } = await api.execute(
        `{ workspace(orgId: "${orgId}", id: "${ids['root']}") { descendants(after: "${ids[name]}") { totalCount } } }`,
      );
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  test('of two workspaces in one request are told apart, and so are two pages of one', async () => {
    const { roots } = (
      await api.expectData(
        `{ organization(id: "${orgId}") { roots { name
          one: descendants(first: 1) { totalCount edges { node { name } } }
          two: descendants(first: 2) { edges { node { name } } }
        } } }`,
      )
    ).organization;
    const node = (name: string) => ({ node: { name } });
    expect(roots).toEqual([
      { name: 'other', one: { totalCount: 1, edges: [node('z')] }, two: { edges: [node('z')] } },
      { name: 'root', one: { totalCount: 7, edges: [node('a')] }, two: { edges: [node('a'), node('a1')] } },
    ]);
  });
});

test('descendants of all workspaces of a list are ten thousand rows at most, however deep the tree', async () => {
  const deepId = await insertOrganization(database);
  await database.query(
    `with numbered as (select n, md5($1::text || n)::uuid as id, md5($1::text || n - 1)::uuid as above from generate_series(1, 150) n)
     insert into workspaces (org_id, id, parent_id, name)
     select $1::uuid, id, case when n > 1 then above end, n::text from numbered`,
    [deepId],
  );
  const document = (first: number) =>
    `{ organization(id: "${deepId}") { workspaces(first: 150) { edges { node { descendants(first: ${first}) { edges { cursor } } } } } } }`;
  const { data, errors } = await api.execute(document(150));
  expect(data).toEqual({ organization: null });
  expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED', argument: 'first', limit: 10_000 } }]);
  expect(errors?.[0]?.message).toContain('150 workspaces are 11175 rows');
  const { organization } = await api.expectData(document(5));
  expect(organization.workspaces.edges).toHaveLength(150);
});

test('ancestors lead from the parent up to the root, which is its own root', async () => {
  const selection = 'ancestors { name } root { name } parent { name } parentId';
  expect(await read('b11', selection)).toEqual({
    ancestors: [{ name: 'b1' }, { name: 'b' }, { name: 'root' }],
    root: { name: 'root' },
    parent: { name: 'b1' },
    parentId: ids['b1'],
  });
  expect(await read('root', selection)).toEqual({
    ancestors: [],
    root: { name: 'root' },
    parent: null,
    parentId: null,
  });
  expect(await read('below gone', selection)).toMatchObject({ ancestors: [{ name: 'gone c' }, { name: 'root' }] });
});

test('a cycle that a foreign writer made ends every walk', async () => {
  await database.query('update workspaces set parent_id = $3 where org_id = $1 and id = $2', [
    orgId,
    ids['b'],
    ids['b11'],
  ]);
  expect((await descendants('b')).names).toEqual(['b1', 'b11', 'b2']);
  const { ancestors } = await read('b1', 'ancestors { name }');
  expect(ancestors).toEqual([{ name: 'b' }, { name: 'b11' }]);
  expect((await descendants('root')).names).toEqual(['a', 'a1', 'd']);
});

test('roots are the live ones, by name', async () => {
  await insertRoot(database, orgId, { name: 'Capital' });
  await insertRoot(database, orgId, { name: 'gone', lifecycle: 'removed' });
  const { organization } = await api.expectData(`{ organization(id: "${orgId}") { roots { name } } }`);
  const stored = await database.query<{ name: string }>(
    `select name from workspaces where org_id = $1 and parent_id is null and lifecycle <> 'removed' order by name`,
    [orgId],
  );
  expect(organization.roots).toEqual(stored);
});
