import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import {
  AllowPluginDocument,
  DisallowPluginDocument,
  PluginAllowedDocument,
  SetPluginPolicyDocument,
} from '../generated/documents.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { createContractApi } from './operations.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createContractApi(database, 'plugins');

const orgId = randomUUID();
let root: { id: string; name: string };
let other: string;
let workspaceId: string;
beforeAll(async () => {
  await insertOrganization(database, { id: orgId });
  root = { id: await insertRoot(database, orgId, { name: 'Alpha' }), name: 'Alpha' };
  other = await insertRoot(database, orgId, { name: 'Beta' });
  workspaceId = await insertWorkspace(database, orgId, { parentId: root.id });
});

const entries = () =>
  database.query(
    'select root_id, plugin_name, enabled_by from org_plugin_allowlist where org_id = $1 order by root_id',
    [orgId],
  );
const policies = () =>
  database.query('select name, plugin_policy from workspaces where org_id = $1 and parent_id is null order by name', [
    orgId,
  ]);

test('a plugin is put on the allowlist of one root, once, by whoever was first', async () => {
  const { id: tokenId, token } = await insertToken(database, orgId, other);
  const variables = { orgId, plugin: 'search', rootId: root.id };
  const { allowPlugin } = await api.run(AllowPluginDocument, variables, token);
  expect(allowPlugin).toEqual({ plugin: 'search', enabledBy: `token:${tokenId}`, enabledAt: expect.any(String), root });
  expect((await api.run(AllowPluginDocument, variables)).allowPlugin).toEqual(allowPlugin);
  expect(await entries()).toEqual([{ root_id: root.id, plugin_name: 'search', enabled_by: `token:${tokenId}` }]);
});

test('a policy restricts the tree below its root to the allowlist, and no other tree', async () => {
  const allowed = async (plugin: string, id = workspaceId) =>
    (await api.run(PluginAllowedDocument, { orgId, workspaceId: id, plugin })).pluginAllowed;
  expect(await allowed('mail')).toBe(true);

  const { setPluginPolicy } = await api.run(SetPluginPolicyDocument, {
    orgId,
    policy: 'ALLOW_LISTED',
    rootId: root.id,
  });
  expect(setPluginPolicy).toMatchObject({
    id: root.id,
    pluginPolicy: 'ALLOW_LISTED',
    pluginAllowlist: [{ plugin: 'search' }],
  });
  expect(await policies()).toEqual([
    { name: 'Alpha', plugin_policy: 'allow_listed' },
    { name: 'Beta', plugin_policy: 'allow_all' },
  ]);
  expect(await allowed('mail')).toBe(false);
  expect(await allowed('search')).toBe(true);
  expect(await allowed('mail', other)).toBe(true);
});

test('a plugin is taken off the allowlist, which opens nothing', async () => {
  const variables = { orgId, plugin: 'search', rootId: root.id };
  expect(await api.run(DisallowPluginDocument, variables)).toEqual({ disallowPlugin: true });
  expect(await entries()).toEqual([]);
  expect(await api.run(DisallowPluginDocument, variables)).toEqual({ disallowPlugin: false });
  expect(await policies()).toContainEqual({ name: 'Alpha', plugin_policy: 'allow_listed' });
  expect(await api.run(PluginAllowedDocument, { orgId, workspaceId, plugin: 'search' })).toEqual({
    pluginAllowed: false,
  });
});

test('the only root need not be named', async () => {
  const single = await insertOrganization(database);
  const rootId = await insertRoot(database, single, { name: 'Only' });
  const { allowPlugin } = await api.run(AllowPluginDocument, { orgId: single, plugin: 'search' });
  expect(allowPlugin.root).toEqual({ id: rootId, name: 'Only' });
});

test('every operation of plugins.graphql was run', api.expectAllWereRun);
