import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

/** The write is refused by that very constraint, or for a value that is none, and leaves the organization as it was. */
async function expectRefusal(write: () => Promise<unknown>, code: string, constraint?: string): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  await expect(write()).rejects.toMatchObject({ code, ...(constraint !== undefined && { constraint }) });
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

describe('two live siblings of one name', () => {
  const refused = ['23505', 'workspaces_parent_name_uniq'] as const;

  test('are refused among the roots', async () => {
    await expectRefusal(() => insertRoot(database, orgId, { name: 'Alpha' }), ...refused);
  });

  test('are refused under one parent, whether inserted, renamed, moved or restored', async () => {
    const options = { parentId: rootId, name: 'Worker' };
    await insertWorkspace(database, orgId, options);
    const renamed = await insertWorkspace(database, orgId, { ...options, name: 'Other' });
    const moved = await insertRoot(database, orgId, { name: 'Worker' });
    const restored = await insertWorkspace(database, orgId, { ...options, lifecycle: 'removed' });
    const update = (id: string, set: string) =>
      database.query(`update workspaces set ${set} where org_id = $1 and id = $2`, [orgId, id]);

    await expectRefusal(() => insertWorkspace(database, orgId, options), ...refused);
    await expectRefusal(() => update(renamed, `name = 'Worker'`), ...refused);
    await expectRefusal(() => update(moved, `parent_id = '${rootId}'`), ...refused);
    await expectRefusal(() => update(restored, `lifecycle = 'offline'`), ...refused);
  });

  test('are accepted when one is removed, in different places, in another case, or in another organization', async () => {
    await insertRoot(database, orgId, { name: 'Alpha', lifecycle: 'removed' });
    await insertRoot(database, orgId, { name: 'Alpha', lifecycle: 'removed' });
    await insertRoot(database, orgId, { name: 'alpha' });
    await insertWorkspace(database, orgId, { parentId: rootId, name: 'Alpha' });
    await insertRoot(database, await insertOrganization(database), { name: 'Alpha' });
    expect(await database.query('select id from workspaces where org_id = $1', [orgId])).toHaveLength(5);
  });
});

test('the same plugin stands once on a root, and on as many roots as there are', async () => {
  await allow(database, orgId, rootId, 'search');
  await expectRefusal(() => allow(database, orgId, rootId, 'search'), '23505', 'org_plugin_allowlist_pkey');
  await allow(database, orgId, rootId, 'Search');
  await allow(database, orgId, await insertRoot(database, orgId), 'search');
  expect(await database.query('select from org_plugin_allowlist where org_id = $1', [orgId])).toHaveLength(3);
});

test.each(['online', 'degraded'])('a lifecycle of "%s" cannot be stored', async (status) => {
  const invalidText = '22P02';
  for (const statement of [
    `update workspaces set lifecycle = '${status}' where org_id = $1`,
    `update workspace_heartbeats set reported_lifecycle = '${status}', reported_at = now() where org_id = $1`,
  ]) {
    await expectRefusal(() => database.query(statement, [orgId]), invalidText);
  }
});

test('a status cannot be stored at all: it is a column of no table', async () => {
  const tables = await database.query(
    `select distinct c.table_name as name from information_schema.columns c join information_schema.tables t using (table_name)
     where t.table_type = 'BASE TABLE' and c.udt_name = 'workspace_status'`,
  );
  expect(tables).toEqual([]);
});

test('a report of provisioning never removes, and always has its time', async () => {
  const report = (set: string) => () =>
    database.query(`update workspace_heartbeats set ${set} where org_id = $1`, [orgId]);
  const constraint = 'workspace_heartbeats_reported_check';
  await expectRefusal(report(`reported_lifecycle = 'removed', reported_at = now()`), '23514', constraint);
  await expectRefusal(report(`reported_lifecycle = 'failed'`), '23514', constraint);
  await expectRefusal(report('reported_at = now()'), '23514', constraint);
  await report(`reported_lifecycle = 'failed', reported_at = now()`)();
});

test.each([
  ['a workspace', 200, 'workspaces_name_check', (name: string) => insertRoot(database, orgId, { name })],
  ['an organization', 120, 'organizations_name_check', (name: string) => insertOrganization(database, { name })],
  ['a plugin', 200, 'org_plugin_allowlist_plugin_name_check', (name: string) => allow(database, orgId, rootId, name)],
] as const)('the name of %s has 1 to %i characters, not bytes', async (_, length, constraint, insert) => {
  await expectRefusal(() => insert(''), '23514', constraint);
  await expectRefusal(() => insert('x'.repeat(length + 1)), '23514', constraint);
  await insert('x');
  await insert('\u{1f331}'.repeat(length));
});

test('a token without the 32 bytes of a sha256 is refused', async () => {
  const { id } = await insertToken(database, orgId, rootId);
  await expectRefusal(
    () => database.query(`update org_api_tokens set token_hash = 'short' where org_id = $1 and id = $2`, [orgId, id]),
    '23514',
    'org_api_tokens_token_hash_check',
  );
});

test('a generated column cannot be written', async () => {
  for (const column of ['root_id = null', 'open_root = null']) {
    await expectRefusal(() => database.query(`update workspaces set ${column} where org_id = $1`, [orgId]), '428C9');
  }
});

test('there is one row of windows, and both are longer than nothing', async () => {
  await expectRefusal(
    () => database.query('insert into status_windows default values'),
    '23505',
    'status_windows_pkey',
  );
  await expectRefusal(
    () => database.query('insert into status_windows (id) values (false)'),
    '23514',
    'status_windows_one_row_check',
  );
  for (const column of ['liveness_seconds', 'provisioning_seconds']) {
    await expectRefusal(
      () => database.query(`update status_windows set ${column} = 0`),
      '23514',
      'status_windows_positive_check',
    );
  }
});

test('no row stands without its organization, and an organization with rows is not deleted', async () => {
  const nowhere = randomUUID();
  const foreignKey = '23503';
  // Its root could not exist either, so what refuses first is the organization's key or the root's.
  await expectRefusal(() => insertRoot(database, nowhere), foreignKey);
  await expectRefusal(
    () =>
      database.query(`insert into org_events (org_id, seq, type, actor) values ($1, 1, 'organization.created', 'x')`, [
        nowhere,
      ]),
    foreignKey,
    'org_events_org_id_fkey',
  );
  // A key with `on delete restrict` has an SQLSTATE of its own since PostgreSQL 18.
  const restricted = expect.stringMatching(/^(23503|23001)$/);
  await expectRefusal(() => database.query('delete from organizations where id = $1', [orgId]), restricted);
});

test('two events of one organization never have the same seq', async () => {
  const append = () =>
    database.query(`insert into org_events (org_id, seq, type, actor) values ($1, 1, 'organization.created', 'x')`, [
      orgId,
    ]);
  await append();
  await expectRefusal(append, '23505', 'org_events_pkey');
});
