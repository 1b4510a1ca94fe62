import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readAllowlist, readEvents, readWorkspace } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

async function expectNoChange(change: () => Promise<unknown>): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  await change();
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

describe('allowPlugin', () => {
  test('puts a plugin on the list of the only root, and tells who did', async () => {
    const entry = await mutate(api, 'allowPlugin', { orgId, plugin: ' search ' }, '{ plugin enabledBy root { id } }');
    expect(entry).toEqual({ plugin: 'search', enabledBy: 'operator', root: { id: rootId } });
    expect(await readAllowlist(database, orgId)).toMatchObject([{ rootId, plugin: 'search', by: 'operator' }]);
    expect(await readEvents(database, orgId)).toEqual([
      { seq: 1, type: 'plugin.allowed', actor: 'operator', subjectId: rootId, data: { plugin: 'search' } },
    ]);
  });

  test('leaves an entry that is there as it was, with its provenance', async () => {
    await allow(database, orgId, rootId, 'search', { by: 'ada', at: '2026-01-02 03:04:05.678901+00' });
    await expectNoChange(() => mutate(api, 'allowPlugin', { orgId, plugin: 'search' }, '{ plugin }'));
  });

  test('does not restrict a root that admits everything', async () => {
    await mutate(api, 'allowPlugin', { orgId, plugin: 'search' }, '{ plugin }');
    expect((await readWorkspace(database, orgId, rootId)).pluginPolicy).toBe('allow_all');
  });
});

test('disallowPlugin takes a plugin off, tells whether it was on, and does not open a root whose last entry goes', async () => {
  await mutate(api, 'setPluginPolicy', { orgId, policy: 'ALLOW_LISTED' });
  await allow(database, orgId, rootId, 'search');
  expect(await mutate(api, 'disallowPlugin', { orgId, plugin: 'search' }, '')).toBe(true);
  expect(await readAllowlist(database, orgId)).toEqual([]);
  expect((await readWorkspace(database, orgId, rootId)).pluginPolicy).toBe('allow_listed');
  expect((await readEvents(database, orgId)).at(-1)).toMatchObject({
    seq: 2,
    type: 'plugin.disallowed',
    subjectId: rootId,
    data: { plugin: 'search' },
  });
  await expectNoChange(async () =>
    expect(await mutate(api, 'disallowPlugin', { orgId, plugin: 'search' }, '')).toBe(false),
  );
});

test('setPluginPolicy sets the policy of a root, tells it once, and changes nothing the second time', async () => {
  const set = () => mutate(api, 'setPluginPolicy', { orgId, policy: 'ALLOW_LISTED' }, '{ id pluginPolicy }');
  expect(await set()).toEqual({ id: rootId, pluginPolicy: 'ALLOW_LISTED' });
  expect(await readEvents(database, orgId)).toMatchObject([
    { type: 'plugin_policy.set', subjectId: rootId, data: { from: 'allow_all', to: 'allow_listed' } },
  ]);
  await expectNoChange(set);
});

describe.each([
  ['allowPlugin', { plugin: 'search' }, '{ plugin }'],
  ['disallowPlugin', { plugin: 'search' }, ''],
  ['setPluginPolicy', { policy: 'ALLOW_LISTED' }, '{ id }'],
  ['createApiToken', { name: 'New' }, '{ token }'],
])('%s', (mutation, args, selection) => {
  const expectRefusal = async (named: string | undefined, extensions: object) => {
    const before = await snapshotOrganization(database, orgId);
    const error = await refuse(api, mutation, { orgId, ...args, rootId: named }, selection);
    expect(error.extensions).toEqual(extensions);
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  };

  test('wants to know which root is meant when there are several, and lists them', async () => {
    const other = await insertRoot(database, orgId);
    await insertRoot(database, orgId, { lifecycle: 'removed' });
    const rootIds = [rootId, other].sort();
    await expectRefusal(undefined, { code: 'AMBIGUOUS_ROOT', orgId, rootCount: 2, rootIds });
    await mutate(api, mutation, { orgId, ...args, rootId: other }, selection);
  });

  test('finds no root where there is none', async () => {
    await mutate(api, 'removeWorkspace', { orgId, id: rootId });
    await expectRefusal(undefined, { code: 'AMBIGUOUS_ROOT', orgId, rootCount: 0, rootIds: [] });
  });

  test('means the platform agent once it is installed, and an adopted root is no root any more', async () => {
    const { id } = await install(api, orgId);
    await mutate(api, mutation, { orgId, ...args }, selection);
    await mutate(api, mutation, { orgId, ...args, rootId: id }, selection);
    await expectRefusal(rootId, { code: 'BAD_USER_INPUT', workspaceId: rootId, rootId: id });
  });

  test('refuses a branch and names the root above it', async () => {
    const parentId = await insertWorkspace(database, orgId, { parentId: rootId });
    const leaf = await insertWorkspace(database, orgId, { parentId });
    await expectRefusal(leaf, { code: 'BAD_USER_INPUT', workspaceId: leaf, rootId });
  });

  test('refuses a root that is removed, unknown, or in another organization', async () => {
    const removed = await insertRoot(database, orgId, { lifecycle: 'removed' });
    await expectRefusal(removed, { code: 'WORKSPACE_REMOVED', workspaceId: removed });
    for (const id of [randomUUID(), neighbour.rootIds[0]]) {
      await expectRefusal(id, { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: id });
    }
  });

  test('refuses an organization that does not exist', async () => {
    const unknown = randomUUID();
    const error = await refuse(api, mutation, { ...args, orgId: unknown }, selection);
    expect(error.extensions).toEqual({ code: 'ORGANIZATION_NOT_FOUND', orgId: unknown });
  });
});

test.each([
  ['empty', ''],
  ['blank', ' '],
  ['of two words', 'web search'],
  ['of 201 characters', 'x'.repeat(201)],
])('a plugin name that is %s is refused', async (_, plugin) => {
  const { extensions } = await refuse(api, 'allowPlugin', { orgId, plugin }, '{ plugin }');
  expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', problems: [{ argument: 'plugin' }] });
  expect(await readAllowlist(database, orgId)).toEqual([]);
});
