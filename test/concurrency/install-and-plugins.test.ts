import { allowPlugin, disallowPlugin, setPluginPolicy } from '../../src/plugins/allowlist.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, asInstalled, but, plus } from './acme.ts';
import { attempt, mutations, write } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';
import { testRival } from './rivals.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);

const foreignWriter = await database.connect();
const actor = 'operator';

/** After an install the workspace that was named is no root any more, and the answer names the one that is. */
const namesNewRoot = ({ agentId, beta }: Acme) => ({ code: 'BAD_USER_INPUT', workspaceId: beta, rootId: agentId });

testRival(database, api, {
  title: 'allowPlugin on an old root',
  run: (tx, { orgId, beta }) => allowPlugin(tx, { orgId, plugin: 'mail', rootId: beta, actor }),
  call: ({ orgId, beta }) => attempt(api, mutations.allow, { orgId, plugin: 'mail', rootId: beta }),
  event: 'plugin.allowed',
  alone: plus(asInserted, { plugins: ['mail on Beta by operator'] }),
  beforeInstall: plus(asInstalled, { plugins: ['mail on Acme Agent by operator'] }),
  afterInstall: asInstalled,
  refusedAfterInstall: namesNewRoot,
});

testRival(database, api, {
  title: 'allowPlugin of what another root allows already',
  run: (tx, { orgId, beta }) => allowPlugin(tx, { orgId, plugin: 'browser', rootId: beta, actor }),
  call: ({ orgId, beta }) => attempt(api, mutations.allow, { orgId, plugin: 'browser', rootId: beta }),
  event: 'plugin.allowed',
  alone: plus(asInserted, { plugins: ['browser on Beta by operator'] }),
  // The earlier entry is the one that stays.
  beforeInstall: asInstalled,
  afterInstall: asInstalled,
  refusedAfterInstall: namesNewRoot,
});

testRival(database, api, {
  title: 'disallowPlugin on an old root',
  run: (tx, { orgId, beta }) => disallowPlugin(tx, { orgId, plugin: 'search', rootId: beta, actor }),
  call: ({ orgId, beta }) => attempt(api, mutations.disallow, { orgId, plugin: 'search', rootId: beta }),
  event: 'plugin.disallowed',
  alone: but(asInserted, { 'search on Beta by bob': null }),
  beforeInstall: but(asInstalled, { 'search on Acme Agent by bob': 'search on Acme Agent by ann' }),
  afterInstall: asInstalled,
  refusedAfterInstall: namesNewRoot,
});

testRival(database, api, {
  title: 'setPluginPolicy on an old root',
  run: (tx, { orgId, beta }) => setPluginPolicy(tx, { orgId, policy: 'allow_listed', rootId: beta, actor }),
  call: ({ orgId, beta }) => attempt(api, mutations.setPolicy, { orgId, policy: 'ALLOW_LISTED', rootId: beta }),
  event: 'plugin_policy.set',
  alone: plus(asInserted, { restricted: ['Beta'] }),
  beforeInstall: plus(asInstalled, { restricted: ['Acme Agent'] }),
  afterInstall: asInstalled,
  refusedAfterInstall: namesNewRoot,
});

testRival(database, api, {
  title: 'a plugin that a foreign writer puts on the list of an old root',
  run: (tx, { orgId, beta }) => tx.$executeRaw`
    insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by)
    values (${orgId}::uuid, ${beta}::uuid, 'mail', 'eve')`,
  call: ({ orgId, beta }) =>
    write(
      foreignWriter,
      `insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by) values ($1, $2, 'mail', 'eve')`,
      [orgId, beta],
    ),
  alone: plus(asInserted, { plugins: ['mail on Beta by eve'] }),
  beforeInstall: plus(asInstalled, { plugins: ['mail on Acme Agent by eve'] }),
  afterInstall: asInstalled,
  refusedAfterInstall: () => ({ code: '23503', constraint: 'org_plugin_allowlist_root_fkey' }),
});
