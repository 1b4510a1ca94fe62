import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let openRoot: string;
let listedRoot: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  openRoot = await insertRoot(database, orgId);
  listedRoot = await insertRoot(database, orgId, { pluginPolicy: 'allow_listed' });
  await allow(database, orgId, listedRoot, 'search');
});

const document =
  'query ($orgId: ID!, $workspaceId: ID!, $plugin: String!) { pluginAllowed(orgId: $orgId, workspaceId: $workspaceId, plugin: $plugin) }';
const isAllowed = async (workspaceId: string, plugin: string): Promise<boolean> =>
  (await api.expectData(document, { orgId, workspaceId, plugin })).pluginAllowed;

describe('a plugin is allowed', () => {
  test('below a root that admits all, whatever that lists', async () => {
    await allow(database, orgId, openRoot, 'search');
    const leaf = await insertWorkspace(database, orgId, { parentId: openRoot });
    for (const id of [openRoot, leaf]) {
      expect(await isAllowed(id, 'search')).toBe(true);
      expect(await isAllowed(id, 'browser')).toBe(true);
    }
  });

  test('below a root that admits what it lists, when that lists it: by that very name', async () => {
    const branch = await insertWorkspace(database, orgId, { parentId: listedRoot });
    const leaf = await insertWorkspace(database, orgId, { parentId: branch });
    for (const id of [listedRoot, branch, leaf]) {
      expect(await isAllowed(id, 'search')).toBe(true);
      expect(await isAllowed(id, ' search ')).toBe(true);
      expect(await isAllowed(id, 'browser')).toBe(false);
      expect(await isAllowed(id, 'Search')).toBe(false);
      expect(await isAllowed(id, 'searc')).toBe(false);
    }
  });

  test('as the root says and not as a branch does', async () => {
    const open = await insertWorkspace(database, orgId, { parentId: listedRoot, pluginPolicy: 'allow_all' });
    const listed = await insertWorkspace(database, orgId, { parentId: openRoot, pluginPolicy: 'allow_listed' });
    expect(await isAllowed(open, 'browser')).toBe(false);
    expect(await isAllowed(listed, 'browser')).toBe(true);
  });

  test('not by the list of another root, nor of the same root in another organization', async () => {
    const other = await insertRoot(database, orgId, { pluginPolicy: 'allow_listed' });
    await allow(database, orgId, other, 'browser');
    const elsewhere = await insertOrganization(database);
    await insertRoot(database, elsewhere, { id: listedRoot });
    await allow(database, elsewhere, listedRoot, 'browser');
    expect(await isAllowed(listedRoot, 'browser')).toBe(false);
  });
});

describe('a broken way up to a live root means no, though that root admits all:', () => {
  test('the workspace is removed', async () => {
    expect(await isAllowed(await insertRoot(database, orgId, { lifecycle: 'removed' }), 'search')).toBe(false);
  });

  test('the root is removed', async () => {
    const removed = await insertRoot(database, orgId, { lifecycle: 'removed' });
    expect(await isAllowed(await insertWorkspace(database, orgId, { parentId: removed }), 'search')).toBe(false);
  });

  test('a workspace between them is removed', async () => {
    const removed = await insertWorkspace(database, orgId, { parentId: openRoot, lifecycle: 'removed' });
    const below = await insertWorkspace(database, orgId, { parentId: removed });
    expect(await isAllowed(await insertWorkspace(database, orgId, { parentId: below }), 'search')).toBe(false);
  });

  test('a foreign writer has made a cycle, which ends the walk', async () => {
    const upper = await insertWorkspace(database, orgId, { parentId: openRoot });
    const lower = await insertWorkspace(database, orgId, { parentId: upper });
    const below = await insertWorkspace(database, orgId, { parentId: lower });
    await database.query('update workspaces set parent_id = $3 where org_id = $1 and id = $2', [orgId, upper, lower]);
    for (const id of [upper, lower, below]) expect(await isAllowed(id, 'search')).toBe(false);
    expect(await isAllowed(openRoot, 'search')).toBe(true);
  });
});

test('a workspace that does not exist in this organization is not found', async () => {
  for (const workspaceId of [randomUUID(), neighbour.childId]) {
    const { errors } = await api.execute(document, { orgId, workspaceId, plugin: 'search' });
    expect(errors).toMatchObject([{ extensions: { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId } }]);
  }
});
