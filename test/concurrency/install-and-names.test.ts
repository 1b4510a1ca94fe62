import { beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { renameWorkspace } from '../../src/workspaces/rename-workspace.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, asInstalled, but, expectState, insertAcme, installedUnder, plus } from './acme.ts';
import { attempt, mutations, type Outcome } from './calls.ts';
import { queue, race, watchDeadlocks } from './interleaving.ts';
import { testRival } from './rivals.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);

const actor = 'operator';

const renamed = but(asInserted, {
  Alpha: 'Acme Agent',
  'Alpha/Worker': 'Acme Agent/Worker',
  'alpha on Alpha': 'alpha on Acme Agent',
  'browser on Alpha by ann': 'browser on Acme Agent by ann',
  'search on Alpha by ann': 'search on Acme Agent by ann',
});
testRival(database, api, {
  title: "renameWorkspace of a root to the platform agent's name",
  run: (tx, { orgId, alpha }) => renameWorkspace(tx, { orgId, id: alpha, name: 'Acme Agent', actor }),
  call: ({ orgId, alpha }) => attempt(api, mutations.rename, { orgId, id: alpha, name: 'Acme Agent' }),
  event: 'workspace.renamed',
  alone: renamed,
  beforeInstall: renamed,
  refusesInstall: ({ alpha }) => ({ code: 'NAME_CONFLICT', workspaceId: alpha, name: 'Acme Agent' }),
  // Below the agent its name is free.
  afterInstall: but(asInstalled, {
    'Acme Agent/Alpha': 'Acme Agent/Acme Agent',
    'Acme Agent/Alpha/Worker': 'Acme Agent/Acme Agent/Worker',
  }),
});

testRival(database, api, {
  title: 'renameWorkspace of a root to any other name',
  run: (tx, { orgId, beta }) => renameWorkspace(tx, { orgId, id: beta, name: 'Gamma', actor }),
  call: ({ orgId, beta }) => attempt(api, mutations.rename, { orgId, id: beta, name: 'Gamma' }),
  event: 'workspace.renamed',
  alone: but(asInserted, {
    Beta: 'Gamma',
    'beta on Beta': 'beta on Gamma',
    'search on Beta by bob': 'search on Gamma by bob',
  }),
  beforeInstall: but(asInstalled, { 'Acme Agent/Beta': 'Acme Agent/Gamma' }),
  afterInstall: but(asInstalled, { 'Acme Agent/Beta': 'Acme Agent/Gamma' }),
});

describe("renameWorkspace of a root that bears the platform agent's name", () => {
  let acme: Acme;
  let namesake: string;
  beforeEach(async () => {
    acme = await insertAcme(database);
    namesake = await insertRoot(database, acme.orgId, { name: 'Acme Agent' });
  });
  const rename = () => attempt(api, mutations.rename, { orgId: acme.orgId, id: namesake, name: 'Gamma' });
  const install = () => attempt(api, mutations.install, { orgId: acme.orgId });
  const conflict = () => ({ code: 'NAME_CONFLICT', workspaceId: namesake });
  const operate = (tx: Transaction) => renameWorkspace(tx, { orgId: acme.orgId, id: namesake, name: 'Gamma', actor });

  test('goes first, and the install that waited for it has its name', async () => {
    expect(await race(database, api.prisma, operate, install, 'commit')).toBe('done');
    const state = plus(asInstalled, { workspaces: ['Acme Agent/Gamma'] });
    await expectState(database, acme, { ...state, events: ['workspace.renamed', ...state.events] });
  });

  test('goes first and is rolled back, and the install that waited for it is refused', async () => {
    expect(await race(database, api.prisma, operate, install, 'rollback')).toMatchObject(conflict());
    await expectState(database, acme, plus(asInserted, { workspaces: ['Acme Agent'] }));
  });

  test('is served before an install that came later, which then has its name', async () => {
    expect(await queue(database, acme.orgId, rename, install)).toEqual(['done', 'done']);
    const state = plus(asInstalled, { workspaces: ['Acme Agent/Gamma'] });
    await expectState(database, acme, { ...state, events: ['workspace.renamed', ...state.events] });
  });

  test('is served after an install that came earlier, which is refused and changes nothing', async () => {
    const [first, second] = await queue<[Outcome, Outcome]>(database, acme.orgId, install, rename);
    expect(first).toMatchObject(conflict());
    expect(second).toBe('done');
    await expectState(database, acme, plus(asInserted, { workspaces: ['Gamma'], events: ['workspace.renamed'] }));
  });

  test('waits for an install under another name, and meets the installed organization', async () => {
    const installAs = (tx: Transaction) => installPlatformAgent(tx, { orgId: acme.orgId, name: 'Root', actor });
    expect(await race(database, api.prisma, installAs, rename, 'commit')).toBe('done');
    const state = plus(installedUnder('Root'), { workspaces: ['Root/Gamma'], events: ['workspace.renamed'] });
    await expectState(database, acme, state);
  });
});
