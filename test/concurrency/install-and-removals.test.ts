import { removeWorkspace } from '../../src/workspaces/remove-workspace.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, asInstalled, but, installedUnder, plus } from './acme.ts';
import { attempt, mutations } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';
import { testRival } from './rivals.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);

const actor = 'operator';

testRival(database, api, {
  title: 'removeWorkspace of a root',
  run: (tx, { orgId, beta }) => removeWorkspace(tx, { orgId, id: beta, includeDescendants: false, actor }),
  call: ({ orgId, beta }) => attempt(api, mutations.remove, { orgId, id: beta }),
  event: 'workspace.removed',
  alone: but(asInserted, { Beta: 'Beta (removed)', 'beta on Beta': 'beta on Beta (revoked)' }),
  beforeInstall: plus(
    but(asInstalled, {
      'Acme Agent/Beta': 'Beta (removed)',
      'beta on Acme Agent': 'beta on Beta (revoked)',
      'search on Acme Agent by bob': 'search on Acme Agent by ann',
    }),
    { plugins: ['search on Beta by bob'] },
  ),
  afterInstall: but(asInstalled, { 'Acme Agent/Beta': 'Acme Agent/Beta (removed)' }),
});

testRival(database, api, {
  title: 'removeWorkspace of a root with all below it',
  run: (tx, { orgId, alpha }) => removeWorkspace(tx, { orgId, id: alpha, includeDescendants: true, actor }),
  call: ({ orgId, alpha }) => attempt(api, mutations.remove, { orgId, id: alpha, all: true }),
  event: 'workspace.removed',
  alone: but(asInserted, {
    Alpha: 'Alpha (removed)',
    'Alpha/Worker': 'Alpha/Worker (removed)',
    'alpha on Alpha': 'alpha on Alpha (revoked)',
  }),
  beforeInstall: plus(
    but(asInstalled, {
      'Acme Agent/Alpha': 'Alpha (removed)',
      'Acme Agent/Alpha/Worker': 'Alpha/Worker (removed)',
      'alpha on Acme Agent': 'alpha on Alpha (revoked)',
      'browser on Acme Agent by ann': 'browser on Alpha by ann',
    }),
    { plugins: ['search on Alpha by ann'] },
  ),
  afterInstall: but(asInstalled, {
    'Acme Agent/Alpha': 'Acme Agent/Alpha (removed)',
    'Acme Agent/Alpha/Worker': 'Acme Agent/Alpha/Worker (removed)',
  }),
});

testRival(database, api, {
  title: 'removeWorkspace of a child',
  run: (tx, { orgId, worker }) => removeWorkspace(tx, { orgId, id: worker, includeDescendants: false, actor }),
  call: ({ orgId, worker }) => attempt(api, mutations.remove, { orgId, id: worker }),
  event: 'workspace.removed',
  alone: but(asInserted, { 'Alpha/Worker': 'Alpha/Worker (removed)' }),
  beforeInstall: but(asInstalled, { 'Acme Agent/Alpha/Worker': 'Acme Agent/Alpha/Worker (removed)' }),
  afterInstall: but(asInstalled, { 'Acme Agent/Alpha/Worker': 'Acme Agent/Alpha/Worker (removed)' }),
});

/** A root that has the platform agent's id already. */
const insertSeed = ({ orgId, agentId }: Acme) => insertRoot(database, orgId, { id: agentId, name: 'Seed' });
const seeded = plus(asInserted, { workspaces: ['Seed'] });

testRival(database, api, {
  title: 'removeWorkspace of the agent to be',
  arrange: insertSeed,
  run: (tx, { orgId, agentId }) => removeWorkspace(tx, { orgId, id: agentId, includeDescendants: false, actor }),
  call: ({ orgId, agentId }) => attempt(api, mutations.remove, { orgId, id: agentId }),
  event: 'workspace.removed',
  installed: installedUnder('Seed'),
  alone: but(seeded, { Seed: 'Seed (removed)' }),
  // An install returns the tombstone and leaves everything as it is.
  beforeInstall: but(seeded, { Seed: 'Seed (removed)' }),
  afterInstall: installedUnder('Seed'),
  refusedAfterInstall: ({ agentId }) => ({ code: 'HAS_CHILDREN', workspaceId: agentId, children: 2 }),
});

let sprout: string;
const sproutInstalled = plus(installedUnder('Seed'), { workspaces: ['Seed/Sprout'] });

testRival(database, api, {
  title: 'removeWorkspace of a child of the agent to be',
  arrange: async (acme) => {
    sprout = await insertWorkspace(database, acme.orgId, { parentId: await insertSeed(acme), name: 'Sprout' });
  },
  run: (tx, { orgId }) => removeWorkspace(tx, { orgId, id: sprout, includeDescendants: false, actor }),
  call: ({ orgId }) => attempt(api, mutations.remove, { orgId, id: sprout }),
  event: 'workspace.removed',
  installed: sproutInstalled,
  alone: plus(seeded, { workspaces: ['Seed/Sprout (removed)'] }),
  beforeInstall: but(sproutInstalled, { 'Seed/Sprout': 'Seed/Sprout (removed)' }),
  afterInstall: but(sproutInstalled, { 'Seed/Sprout': 'Seed/Sprout (removed)' }),
});
