import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertPlatformAgent, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

interface Connection {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  edges: { cursor: string; node: { name: string } }[];
}

const page =
  '{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { name } } }';
const namesOf = ({ edges }: Connection) => edges.map(({ node }) => node.name);

let orgId: string;
let rootId: string;
beforeAll(async () => {
  orgId = await insertOrganization(database, { name: 'Paged' });
  rootId = await insertRoot(database, orgId, { name: 'A root' });
  for (const name of ['C', 'E', 'B', 'D', 'F']) {
    await insertWorkspace(database, orgId, { name, parentId: rootId });
  }
  await insertWorkspace(database, orgId, { name: 'Gone', parentId: rootId, lifecycle: 'removed' });
  await database.query(
    `insert into org_events (org_id, seq, type, actor) select $1, n, 'workspace.created', n::text from generate_series(1, 5) n`,
    [orgId],
  );
});

/** Every connection of workspaces, asked with the same arguments. */
const lists = {
  workspaces: async (args: string, selection = page) =>
    (await api.expectData(`{ organization(id: "${orgId}") { list: workspaces${args} ${selection} } }`)).organization
      .list,
  children: async (args: string, selection = page) =>
    (await api.expectData(`{ workspace(orgId: "${orgId}", id: "${rootId}") { list: children${args} ${selection} } }`))
      .workspace.list,
};

describe.each([
  ['workspaces', ['A root', 'B', 'C', 'D', 'E', 'F']],
  ['children', ['B', 'C', 'D', 'E', 'F']],
] as const)('the list of %s', (list, all) => {
  const read = lists[list];

  test('is whole and by name when it fits on a page, without what is removed', async () => {
    const whole: Connection = await read('');
    expect(namesOf(whole)).toEqual(all);
    expect(whole.totalCount).toBe(all.length);
    expect(whole.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: whole.edges.at(0)?.cursor,
      endCursor: whole.edges.at(-1)?.cursor,
    });
  });

  test('is paged forwards with first and after, each row once', async () => {
    const seen: string[] = [];
    let after = '';
    for (let more = true; more; ) {
      const { pageInfo, edges, totalCount }: Connection = await read(`(first: 2${after})`);
      expect(edges.length).toBeLessThanOrEqual(2);
      expect(totalCount).toBe(all.length);
      expect(pageInfo.hasPreviousPage).toBe(seen.length > 0);
      seen.push(...edges.map(({ node }) => node.name));
      after = `, after: "${pageInfo.endCursor}"`;
      more = pageInfo.hasNextPage;
    }
    expect(seen).toEqual(all);
  });

  test('is paged backwards with last and before, each row once', async () => {
    const seen: string[] = [];
    let before = '';
    for (let more = true; more; ) {
      const { pageInfo, edges }: Connection = await read(`(last: 2${before})`);
      expect(pageInfo.hasNextPage).toBe(seen.length > 0);
      seen.unshift(...edges.map(({ node }) => node.name));
      before = `, before: "${pageInfo.startCursor}"`;
      more = pageInfo.hasPreviousPage;
    }
    expect(seen).toEqual(all);
  });

  test('is counted without being read', async () => {
    expect(await read('(first: 0)', '{ totalCount edges { cursor } }')).toEqual({ totalCount: all.length, edges: [] });
    expect(await read('', '{ totalCount }')).toEqual({ totalCount: all.length });
  });
});

test('children that are removed are listed when they are asked for', async () => {
  expect(namesOf(await lists.children('(includeRemoved: true)'))).toEqual(['B', 'C', 'D', 'E', 'F', 'Gone']);
});

test('events are listed newest first, and paged by their numbers', async () => {
  const read = async (args: string) => {
    const data = await api.expectData(
      `{ organization(id: "${orgId}") { events${args} { totalCount pageInfo { endCursor hasNextPage } edges { node { seq } } } } }`,
    );
    const { totalCount, pageInfo, edges } = data.organization.events;
    expect(totalCount).toBe(5);
    return { pageInfo, seqs: edges.map(({ node }: { node: { seq: string } }) => node.seq) };
  };
  const first = await read('(first: 3)');
  expect(first.seqs).toEqual(['5', '4', '3']);
  const second = await read(`(first: 3, after: "${first.pageInfo.endCursor}")`);
  expect(second).toMatchObject({ seqs: ['2', '1'], pageInfo: { hasNextPage: false } });
});

describe('a page', () => {
  const documents = {
    organizations: (args: string) => `{ organizations(${args}) { edges { cursor } } }`,
    workspaces: (args: string) => `{ organization(id: "${orgId}") { workspaces(${args}) { edges { cursor } } } }`,
    events: (args: string) => `{ organization(id: "${orgId}") { events(${args}) { edges { cursor } } } }`,
    children: (args: string) =>
      `{ workspace(orgId: "${orgId}", id: "${rootId}") { children(${args}) { edges { cursor } } } }`,
    descendants: (args: string) =>
      `{ workspace(orgId: "${orgId}", id: "${rootId}") { descendants(${args}) { edges { cursor } } } }`,
  };
  const refusal = async (document: string) => {
    const { errors } = await api.execute(document);
    expect(errors).toHaveLength(1);
    return errors?.[0]?.extensions;
  };

  const limits = { organizations: 100, workspaces: 1_000, events: 100, children: 1_000, descendants: 1_000 } as const;
  const lists = Object.keys(limits) as (keyof typeof limits)[];

  test.each(lists)('of %s is as long as its limit, and no longer', async (list) => {
    const [document, limit] = [documents[list], limits[list]];
    await api.expectData(document(`first: ${limit}`));
    expect(await refusal(document(`first: ${limit + 1}`))).toEqual({
      code: 'LIMIT_EXCEEDED',
      argument: 'first',
      limit,
    });
  });

  test.each(lists.filter((list) => list !== 'descendants'))('of %s has the same limit backwards', async (list) => {
    const [document, limit] = [documents[list], limits[list]];
    await api.expectData(document(`last: ${limit}`));
    expect(await refusal(document(`last: ${limit + 1}`))).toEqual({ code: 'LIMIT_EXCEEDED', argument: 'last', limit });
  });

  test.each(['workspaces', 'children', 'descendants'] as const)(
    'of %s holds a whole tree of a thousand',
    async (list) => {
      const bigId = await insertOrganization(database, { name: 'Big' });
      const bigRoot = await insertRoot(database, bigId, { name: 'Root' });
      await database.query(
        `insert into workspaces (org_id, parent_id, name) select $1, $2, lpad(n::text, 4, '0') from generate_series(1, 999) n`,
        [bigId, bigRoot],
      );
      const below = list === 'workspaces' ? 1_000 : 999;
      const document = documents[list]('first: 1000').replace(orgId, bigId).replace(rootId, bigRoot);
      const { organization, workspace } = await api.expectData(document);
      expect((organization ?? workspace)[list].edges).toHaveLength(below);
    },
  );

  test.each(Object.entries(documents))('of %s has no negative number of rows', async (_, document) => {
    expect(await refusal(document('first: -1'))).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each(Object.entries(documents))('of %s starts behind no cursor but its own', async (_, document) => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    for (const cursor of ['', 'x', encode('GPC:S:x'), encode(`GPC:T:["S:${orgId}","N:1.5"]`), encode('{}')]) {
      expect(await refusal(document(`first: 1, after: "${cursor}"`))).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});

describe('the list of organizations', () => {
  const list = async (args: string) => {
    const { organizations } = await api.expectData(`{ organizations${args} ${page} }`);
    expect(organizations.totalCount).toBe(organizations.edges.length);
    return namesOf(organizations);
  };
  beforeAll(async () => {
    for (const name of ['100% Sure', '100 percent', 'under_score', 'underXscore', 'back\\slash']) {
      await insertOrganization(database, { name });
    }
    const closed = await insertOrganization(database, { name: 'Closed', openRoots: false });
    await insertPlatformAgent(database, closed);
  });

  test('is by name, the same names by id', async () => {
    const names = await list('');
    const stored = await database.query<{ name: string }>('select name from organizations order by name, id');
    expect(names).toEqual(stored.map(({ name }) => name));
  });

  test.each([
    ['100%', ['100% Sure']],
    ['%', ['100% Sure']],
    ['_', ['under_score']],
    ['UNDER', ['under_score', 'underXscore']],
    ['\\', ['back\\slash']],
    [' sure ', ['100% Sure']],
    ["'", []],
    ['nothing of the kind', []],
  ])('is searched for "%s" as it is written, in any case', async (search, names) => {
    expect((await list(`(search: ${JSON.stringify(search)})`)).sort()).toEqual(names.toSorted());
  });

  test('tells the installed from the others', async () => {
    expect(await list('(installed: true)')).toEqual(['Closed']);
    expect(await list('(installed: false)')).not.toContain('Closed');
    expect(await list('(installed: true, search: "acme")')).toEqual([]);
    expect(await list('(installed: null, search: null)')).toContain('Closed');
  });
});

test('what does not exist is null', async () => {
  const data = await api.expectData(
    `{
      organization(id: "${neighbour.childId}") { id }
      workspace(orgId: "${orgId}", id: "${neighbour.childId}") { id }
      platformAgent(orgId: "${orgId}") { id }
    }`,
  );
  expect(data).toEqual({ organization: null, workspace: null, platformAgent: null });
});
