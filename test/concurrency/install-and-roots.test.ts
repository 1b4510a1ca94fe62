import { createWorkspace } from '../../src/workspaces/create-workspace.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { asInserted, asInstalled, plus } from './acme.ts';
import { attempt, mutations, write } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';
import { testRival } from './rivals.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);

const foreignWriter = await database.connect();

testRival(database, api, {
  title: 'a root inserted by a foreign writer',
  run: (tx, { orgId }) => tx.$executeRaw`insert into workspaces (org_id, name) values (${orgId}::uuid, 'Gamma')`,
  call: ({ orgId }) => write(foreignWriter, `insert into workspaces (org_id, name) values ($1, 'Gamma')`, [orgId]),
  alone: plus(asInserted, { workspaces: ['Gamma'] }),
  beforeInstall: plus(asInstalled, { workspaces: ['Acme Agent/Gamma'] }),
  afterInstall: asInstalled,
  refusedAfterInstall: () => ({ code: '23503', constraint: 'workspaces_sole_root_fkey' }),
});

testRival(database, api, {
  title: 'createWorkspace without a parent',
  run: (tx, { orgId }) => createWorkspace(tx, { orgId, name: 'Gamma', actor: 'operator' }),
  call: ({ orgId }) => attempt(api, mutations.create, { orgId, name: 'Gamma' }),
  event: 'workspace.created',
  alone: plus(asInserted, { workspaces: ['Gamma'] }),
  beforeInstall: plus(asInstalled, { workspaces: ['Acme Agent/Gamma'] }),
  afterInstall: plus(asInstalled, { workspaces: ['Acme Agent/Gamma'] }),
});

testRival(database, api, {
  title: 'createWorkspace under an old root',
  run: (tx, { orgId, beta }) => createWorkspace(tx, { orgId, name: 'Gamma', parentId: beta, actor: 'operator' }),
  call: ({ orgId, beta }) => attempt(api, mutations.create, { orgId, name: 'Gamma', parentId: beta }),
  event: 'workspace.created',
  alone: plus(asInserted, { workspaces: ['Beta/Gamma'] }),
  beforeInstall: plus(asInstalled, { workspaces: ['Acme Agent/Beta/Gamma'] }),
  afterInstall: plus(asInstalled, { workspaces: ['Acme Agent/Beta/Gamma'] }),
});
