import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let ownId: string;
let rootId: string;
let childId: string;
let tokenId: string;
let token: string;
beforeAll(async () => {
  ownId = await insertOrganization(database, { name: 'Acme' });
  rootId = await insertRoot(database, ownId, { name: 'Alpha' });
  childId = await insertWorkspace(database, ownId, { parentId: rootId, name: 'Worker' });
  await allow(database, ownId, rootId, 'search');
  ({ id: tokenId, token } = await insertToken(database, ownId, rootId));
  await install(api, ownId);
});

test('a token tells whose it is', async () => {
  const document = '{ viewer { kind organization { id name } apiToken { id } } }';
  expect(await api.expectData(document, {}, token)).toEqual({
    viewer: { kind: 'ORGANIZATION', organization: { id: ownId, name: 'Acme' }, apiToken: { id: tokenId } },
  });
  expect(await api.expectData(document)).toEqual({ viewer: { kind: 'OPERATOR', organization: null, apiToken: null } });
});

test('a token lists its own organization alone, whatever is searched, filtered, counted or paged', async () => {
  const list = async (args: string) => {
    const data = await api.expectData(
      `{ organizations${args} { totalCount pageInfo { hasNextPage hasPreviousPage } edges { node { id } } } }`,
      {},
      token,
    );
    expect(data.organizations.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false });
    expect(data.organizations.totalCount).toBe(data.organizations.edges.length);
    return data.organizations.edges.map(({ node }: { node: { id: string } }) => node.id);
  };
  expect(await list('')).toEqual([ownId]);
  expect(await list('(first: 1)')).toEqual([ownId]);
  expect(await list('(last: 1)')).toEqual([ownId]);
  // The neighbour has the same name, and is not installed.
  expect(await list('(search: "acme")')).toEqual([ownId]);
  expect(await list('(installed: true)')).toEqual([ownId]);
  expect(await list('(installed: false)')).toEqual([]);
});

test('a token names its organization in either case', async () => {
  const { organization } = await api.expectData(`{ organization(id: "${ownId.toUpperCase()}") { id } }`, {}, token);
  expect(organization).toEqual({ id: ownId });
});

test('nothing that a token reaches by nested fields belongs to another organization', async () => {
  const { viewer } = await api.expectData(
    `{
      viewer {
        organization {
          id
          platformAgent { id organization { id } children { edges { node { id organization { id } parent { organization { id } } } } } installation { adoptedWorkspaces { id organization { id } } } }
          roots { id organization { id } }
          workspaces { totalCount edges { node { id organization { id } root { organization { id } } ancestors { organization { id } } descendants { edges { node { organization { id } } } } } } }
          statusCounts { online degraded provisioning offline failed removed }
          pluginAllowlist { root { organization { id } } }
          apiTokens { id root { organization { id } } }
          events { totalCount edges { node { type workspace { id organization { id } } } } }
        }
        apiToken { root { organization { id } } }
      }
    }`,
    {},
    token,
  );
  const text = JSON.stringify(viewer);
  for (const id of [neighbour.orgId, ...neighbour.rootIds, neighbour.childId, neighbour.tokenId]) {
    expect(text).not.toContain(id);
  }
  expect(viewer.organization).toMatchObject({
    workspaces: { totalCount: 3 },
    statusCounts: { online: 0, degraded: 0, provisioning: 0, offline: 3, failed: 0, removed: 0 },
    pluginAllowlist: [{ root: { organization: { id: ownId } } }],
    apiTokens: [{ id: tokenId }],
    events: { totalCount: 1 },
  });
});

describe('a cursor of another organization', () => {
  const lists = {
    workspaces: (args = 'first: 1') => `workspaces(${args}) { pageInfo { endCursor } }`,
    events: (args = 'first: 1') => `events(${args}) { pageInfo { endCursor } }`,
    children: (args = 'first: 1') => `roots { children(${args}) { pageInfo { endCursor } } }`,
  };

  /** The cursor that the operator gets of a list of this organization. */
  async function cursorOf(orgId: string, list: keyof typeof lists): Promise<string> {
    const { organization } = await api.expectData(`{ organization(id: "${orgId}") { ${lists[list]()} } }`);
    const connection = list === 'children' ? organization.roots[0].children : organization[list];
    expect(connection.pageInfo.endCursor).toEqual(expect.any(String));
    return connection.pageInfo.endCursor;
  }

  test.each(Object.keys(lists) as (keyof typeof lists)[])('is refused by the list of %s', async (list) => {
    const foreign = await cursorOf(neighbour.orgId, list);
    for (const [size, argument] of Object.entries({ first: 'after', last: 'before' })) {
      const { data, errors } = await api.execute(
        `{ organization(id: "${ownId}") { ${lists[list](`${size}: 1, ${argument}: "${foreign}"`)} } }`,
        {},
        token,
      );
      expect(data).toEqual({ organization: null });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }]);
    }
    const own = await cursorOf(ownId, list);
    await api.expectData(`{ organization(id: "${ownId}") { ${lists[list](`first: 1, after: "${own}"`)} } }`, {}, token);
  });

  test('is refused by the list of organizations, so that its place among the names stays unknown', async () => {
    const { organizations } = await api.expectData('{ organizations(first: 100) { edges { cursor node { id } } } }');
    for (const { cursor, node } of organizations.edges) {
      const { errors } = await api.execute(
        `{ organizations(after: "${cursor}") { edges { node { id } } } }`,
        {},
        token,
      );
      if (node.id === ownId) expect(errors).toBeUndefined();
      else expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }]);
    }
  });

  test('is no workspace of a subtree', async () => {
    const document = (after: string) =>
      `{ workspace(orgId: "${ownId}", id: "${rootId}") { descendants(after: "${after}") { totalCount } } }`;
    const { errors } = await api.execute(document(neighbour.childId), {}, token);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    await api.expectData(document(childId), {}, token);
  });
});

test('an id that another organization uses is free in this one, for that tells nothing', async () => {
  const { createWorkspace } = await api.expectData(
    `mutation { createWorkspace(orgId: "${ownId}", name: "New", id: "${neighbour.childId}") { id organization { id } parent { id } } }`,
    {},
    token,
  );
  expect(createWorkspace).toMatchObject({ id: neighbour.childId, organization: { id: ownId } });
});

test('who did it comes from the token, never from an argument', async () => {
  await api.expectData(`mutation { allowPlugin(orgId: "${ownId}", plugin: "files") { enabledBy } }`, {}, token);
  await api.expectData(`mutation { createApiToken(orgId: "${ownId}", name: "Second") { token } }`, {}, token);
  await api.expectData(`mutation { allowPlugin(orgId: "${ownId}", plugin: "shell") { enabledBy } }`);
  const actor = `token:${tokenId}`;
  expect(
    await database.query(
      `select plugin_name as plugin, enabled_by as by from org_plugin_allowlist where org_id = $1 and plugin_name <> 'search' order by 1`,
      [ownId],
    ),
  ).toEqual([
    { plugin: 'files', by: actor },
    { plugin: 'shell', by: 'operator' },
  ]);
  expect(
    await database.query(`select created_by from org_api_tokens where org_id = $1 and name = 'Second'`, [ownId]),
  ).toEqual([{ created_by: actor }]);
  expect(
    await database.query(
      `select actor from org_events where org_id = $1 and type in ('plugin.allowed', 'api_token.created') order by seq`,
      [ownId],
    ),
  ).toEqual([{ actor }, { actor }, { actor: 'operator' }]);
});
