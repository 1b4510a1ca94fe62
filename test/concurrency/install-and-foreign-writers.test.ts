import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { asInserted, asInstalled, but, plus } from './acme.ts';
import { write } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';
import { testRival } from './rivals.ts';

// Writers that lock the row of a root and not the organization. An install locks the roots because of them.

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);
const foreignWriter = await database.connect();

testRival(database, api, {
  title: 'the removal of a root by a foreign writer',
  queues: false,
  run: (tx, { orgId, beta }) => tx.$executeRaw`
    update workspaces set lifecycle = 'removed' where org_id = ${orgId}::uuid and id = ${beta}::uuid`,
  call: ({ orgId, beta }) =>
    write(foreignWriter, `update workspaces set lifecycle = 'removed' where org_id = $1 and id = $2`, [orgId, beta]),
  alone: but(asInserted, { Beta: 'Beta (removed)' }),
  beforeInstall: plus(
    but(asInstalled, {
      'Acme Agent/Beta': 'Beta (removed)',
      'beta on Acme Agent': 'beta on Beta',
      'search on Acme Agent by bob': 'search on Acme Agent by ann',
    }),
    { plugins: ['search on Beta by bob'] },
  ),
  afterInstall: but(asInstalled, { 'Acme Agent/Beta': 'Acme Agent/Beta (removed)' }),
});

const renamed = but(asInserted, {
  Beta: 'Acme Agent',
  'beta on Beta': 'beta on Acme Agent',
  'search on Beta by bob': 'search on Acme Agent by bob',
});
testRival(database, api, {
  title: "the renaming of a root to the platform agent's name by a foreign writer",
  queues: false,
  run: (tx, { orgId, beta }) => tx.$executeRaw`
    update workspaces set name = 'Acme Agent' where org_id = ${orgId}::uuid and id = ${beta}::uuid`,
  call: ({ orgId, beta }) =>
    write(foreignWriter, `update workspaces set name = 'Acme Agent' where org_id = $1 and id = $2`, [orgId, beta]),
  alone: renamed,
  beforeInstall: renamed,
  refusesInstall: ({ beta }) => ({ code: 'NAME_CONFLICT', workspaceId: beta, name: 'Acme Agent' }),
  afterInstall: but(asInstalled, { 'Acme Agent/Beta': 'Acme Agent/Acme Agent' }),
});

testRival(database, api, {
  title: 'a restriction of the plugins of a root by a foreign writer',
  queues: false,
  run: (tx, { orgId, beta }) => tx.$executeRaw`
    update workspaces set plugin_policy = 'allow_listed' where org_id = ${orgId}::uuid and id = ${beta}::uuid`,
  call: ({ orgId, beta }) =>
    write(foreignWriter, `update workspaces set plugin_policy = 'allow_listed' where org_id = $1 and id = $2`, [
      orgId,
      beta,
    ]),
  alone: plus(asInserted, { restricted: ['Beta'] }),
  beforeInstall: plus(asInstalled, { restricted: ['Acme Agent'] }),
  afterInstall: asInstalled,
});
