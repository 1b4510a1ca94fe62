import { moveWorkspace } from '../../src/workspaces/move-workspace.ts';
import { restoreWorkspace } from '../../src/workspaces/restore-workspace.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { asInserted, asInstalled, but } from './acme.ts';
import { attempt, mutations } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';
import { testRival } from './rivals.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);

const actor = 'operator';

testRival(database, api, {
  title: 'moveWorkspace of a root under another root',
  run: (tx, { orgId, alpha, beta }) => moveWorkspace(tx, { orgId, id: beta, parentId: alpha, actor }),
  call: ({ orgId, alpha, beta }) => attempt(api, mutations.move, { orgId, id: beta, parentId: alpha }),
  event: 'workspace.moved',
  alone: but(asInserted, { Beta: 'Alpha/Beta', 'beta on Beta': 'beta on Alpha', 'search on Beta by bob': null }),
  beforeInstall: but(asInstalled, {
    'Acme Agent/Beta': 'Acme Agent/Alpha/Beta',
    // The root that it was moved to had an entry of its own, which stayed.
    'search on Acme Agent by bob': 'search on Acme Agent by ann',
  }),
  afterInstall: but(asInstalled, { 'Acme Agent/Beta': 'Acme Agent/Alpha/Beta' }),
});

testRival(database, api, {
  title: 'moveWorkspace of a child to another root',
  run: (tx, { orgId, worker, beta }) => moveWorkspace(tx, { orgId, id: worker, parentId: beta, actor }),
  call: ({ orgId, worker, beta }) => attempt(api, mutations.move, { orgId, id: worker, parentId: beta }),
  event: 'workspace.moved',
  alone: but(asInserted, { 'Alpha/Worker': 'Beta/Worker' }),
  beforeInstall: but(asInstalled, { 'Acme Agent/Alpha/Worker': 'Acme Agent/Beta/Worker' }),
  afterInstall: but(asInstalled, { 'Acme Agent/Alpha/Worker': 'Acme Agent/Beta/Worker' }),
});

const goneAdopted = but(asInstalled, {
  'Gone (removed)': 'Acme Agent/Gone',
  'gone on Gone (revoked)': 'gone on Acme Agent (revoked)',
  'search on Gone by cid': null,
});
testRival(database, api, {
  title: 'restoreWorkspace of a former root',
  run: (tx, { orgId, gone }) => restoreWorkspace(tx, { orgId, id: gone, actor }),
  call: ({ orgId, gone }) => attempt(api, mutations.restore, { orgId, id: gone }),
  event: 'workspace.restored',
  alone: but(asInserted, { 'Gone (removed)': 'Gone' }),
  beforeInstall: goneAdopted,
  afterInstall: goneAdopted,
});
