import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const foreignKey = '23503';
const unique = '23505';
const check = '23514';

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);

let orgId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
});

/** The write is refused by that very constraint, and leaves the organization as it was. */
async function expectRefusal(write: () => Promise<unknown>, code: string, constraint: string): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  await expect(write()).rejects.toMatchObject({ code, constraint });
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

const update = (table: string, set: string, key: string, id: string) =>
  database.query(`update ${table} set ${set} where org_id = $1 and ${key} = $2`, [orgId, id]);
const updateWorkspace = (id: string, set: string) => update('workspaces', set, 'id', id);

describe('a parent', () => {
  test('in another organization is refused', async () => {
    const id = await insertRoot(database, orgId);
    const foreign = neighbour.rootIds[0];
    await expectRefusal(
      () => insertWorkspace(database, orgId, { parentId: foreign }),
      foreignKey,
      'workspaces_parent_fkey',
    );
    await expectRefusal(() => updateWorkspace(id, `parent_id = '${foreign}'`), foreignKey, 'workspaces_parent_fkey');
  });

  test('that does not exist is refused', async () => {
    await expectRefusal(
      () => insertWorkspace(database, orgId, { parentId: randomUUID() }),
      foreignKey,
      'workspaces_parent_fkey',
    );
  });

  test('cannot be the workspace itself', async () => {
    const id = await insertRoot(database, orgId);
    await expectRefusal(() => updateWorkspace(id, 'parent_id = id'), check, 'workspaces_own_parent_check');
  });

  test('cannot be deleted from under its children', async () => {
    const parentId = await insertRoot(database, orgId, { heartbeat: false });
    await insertWorkspace(database, orgId, { parentId });
    await expectRefusal(
      () => database.query('delete from workspaces where org_id = $1 and id = $2', [orgId, parentId]),
      foreignKey,
      'workspaces_parent_fkey',
    );
  });

  test('of the same organization is accepted, and so is the same id in two organizations', async () => {
    const [id] = neighbour.rootIds;
    await insertRoot(database, orgId, { id });
    await insertWorkspace(database, orgId, { parentId: id });
    const children = await database.query('select parent_id from workspaces where org_id = $1 and parent_id = $2', [
      orgId,
      id,
    ]);
    expect(children).toHaveLength(1);
  });
});

describe('beside the platform agent of an installed organization', () => {
  let agentId: string;
  beforeEach(async () => {
    agentId = await insertPlatformAgent(database, orgId);
    await database.query('update organizations set open_roots = false where id = $1', [orgId]);
  });

  test('a second live root is refused, whether inserted, detached, restored or demoted', async () => {
    const childId = await insertWorkspace(database, orgId, { parentId: agentId });
    const removedId = await insertRoot(database, orgId, { lifecycle: 'removed' });
    const constraint = 'workspaces_sole_root_fkey';
    await expectRefusal(() => insertRoot(database, orgId), foreignKey, constraint);
    await expectRefusal(() => updateWorkspace(childId, 'parent_id = null'), foreignKey, constraint);
    await expectRefusal(() => updateWorkspace(removedId, `lifecycle = 'offline'`), foreignKey, constraint);
    await expectRefusal(() => updateWorkspace(agentId, `kind = 'workspace', tier = 1`), foreignKey, constraint);
  });

  test('a child, a removed root, and a root of another organization are accepted', async () => {
    await insertWorkspace(database, orgId, { parentId: agentId });
    await insertRoot(database, orgId, { lifecycle: 'removed' });
    const otherId = await insertOrganization(database);
    await insertRoot(database, otherId);
    await insertRoot(database, otherId);
    const roots = await database.query(
      `select id from workspaces where org_id = $1 and parent_id is null and lifecycle <> 'removed'`,
      [orgId],
    );
    expect(roots).toEqual([{ id: agentId }]);
  });
});

test('an organization is not closed while an ordinary live root is left, and is once that root is removed', async () => {
  const rootId = await insertRoot(database, orgId);
  const close = () => database.query('update organizations set open_roots = false where id = $1', [orgId]);
  await expectRefusal(close, foreignKey, 'workspaces_sole_root_fkey');
  await updateWorkspace(rootId, `lifecycle = 'removed'`);
  await close();
  expect(await database.query('select open_roots from organizations where id = $1', [orgId])).toEqual([
    { open_roots: false },
  ]);
});

describe.each([
  {
    anchored: 'a token',
    constraint: 'org_api_tokens_root_fkey',
    anchor: (rootId: string) => insertToken(database, orgId, rootId),
  },
  {
    anchored: 'an allowlist entry',
    constraint: 'org_plugin_allowlist_root_fkey',
    anchor: (rootId: string) => allow(database, orgId, rootId, 'search'),
  },
])('$anchored', ({ anchor, constraint }) => {
  test('is refused on a branch, on a root of another organization, and on nothing', async () => {
    const rootId = await insertRoot(database, orgId);
    const childId = await insertWorkspace(database, orgId, { parentId: rootId });
    for (const id of [childId, neighbour.rootIds[0], randomUUID()]) {
      await expectRefusal(() => anchor(id), foreignKey, constraint);
    }
  });

  test('keeps its root from becoming a branch', async () => {
    const rootId = await insertRoot(database, orgId);
    const otherId = await insertRoot(database, orgId);
    await anchor(rootId);
    await expectRefusal(() => updateWorkspace(rootId, `parent_id = '${otherId}'`), foreignKey, constraint);
  });

  test('is accepted on a root, on a removed root, and on the platform agent', async () => {
    await anchor(await insertRoot(database, orgId));
    await anchor(await insertRoot(database, orgId, { lifecycle: 'removed' }));
    await anchor(await insertPlatformAgent(database, orgId));
  });
});

describe('the platform agent', () => {
  test('is the only live one of its organization', async () => {
    await insertPlatformAgent(database, orgId);
    const rootId = await insertRoot(database, orgId);
    const constraint = 'uniq_workspaces_one_platform_root';
    await expectRefusal(
      () => insertPlatformAgent(database, orgId, { id: randomUUID(), name: 'Other' }),
      unique,
      constraint,
    );
    await expectRefusal(() => updateWorkspace(rootId, `kind = 'platform', tier = 0`), unique, constraint);
  });

  test('may stand beside a removed one and beside that of another organization', async () => {
    await insertPlatformAgent(database, orgId, { id: randomUUID(), lifecycle: 'removed' });
    await insertPlatformAgent(database, orgId);
    await insertPlatformAgent(database, await insertOrganization(database));
    const agents = await database.query(`select id from workspaces where org_id = $1 and kind = 'platform'`, [orgId]);
    expect(agents).toHaveLength(2);
  });

  test('has no parent', async () => {
    const parentId = await insertRoot(database, orgId);
    const childId = await insertWorkspace(database, orgId, { parentId });
    const constraint = 'workspaces_platform_root_check';
    await expectRefusal(() => insertWorkspace(database, orgId, { parentId, kind: 'platform' }), check, constraint);
    await expectRefusal(() => updateWorkspace(childId, `kind = 'platform', tier = 0`), check, constraint);
    // Not even as a tombstone.
    await expectRefusal(
      () => insertWorkspace(database, orgId, { parentId, kind: 'platform', lifecycle: 'removed' }),
      check,
      constraint,
    );
  });

  test('alone has tier 0', async () => {
    const constraint = 'workspaces_tier_check';
    await expectRefusal(() => insertPlatformAgent(database, orgId, { tier: 1 }), check, constraint);
    await expectRefusal(() => insertRoot(database, orgId, { tier: 0 }), check, constraint);
    await expectRefusal(() => insertRoot(database, orgId, { tier: -1 }), check, constraint);
    await insertRoot(database, orgId, { tier: 2 });
  });
});
