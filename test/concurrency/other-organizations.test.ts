import { beforeEach, expect, test } from 'vitest';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, asInstalled, expectState, insertAcme } from './acme.ts';
import { attempt, everyChange, mutations } from './calls.ts';
import { hold, watchDeadlocks } from './interleaving.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
// Whoever waits for a lock here is told so at once, and fails the test.
const hasty = createTestApi(database, { lockTimeoutMs: 250 });
watchNeighbour(database);

let held: Acme;
let free: Acme;
beforeEach(async () => {
  held = await insertAcme(database);
  free = await insertAcme(database);
});

test('an install is not held up by that of another organization', async () => {
  const install = await hold(api.prisma, (tx) => installPlatformAgent(tx, { orgId: held.orgId, actor: 'operator' }));
  expect(await attempt(hasty, mutations.install, { orgId: free.orgId })).toBe('done');
  await expectState(database, free, asInstalled);
  await expectState(database, held, asInserted);
  await install.end('commit');
  await expectState(database, held, asInstalled);
});

test('no change of the tree, its plugins or its tokens is held up by the install of another organization', async () => {
  const install = await hold(api.prisma, (tx) => installPlatformAgent(tx, { orgId: held.orgId, actor: 'operator' }));
  for (const [document, variables] of Object.values(everyChange(free))) {
    expect(await attempt(hasty, document, variables), document).toBe('done');
  }
  await install.end('rollback');
  await expectState(database, held, asInserted);
  await expectState(database, free, {
    workspaces: [
      'Acme Agent',
      'Acme Agent/Aleph',
      'Acme Agent/Beta',
      'Acme Agent/Beta/Worker (removed)',
      'Acme Agent/Gamma',
      'Acme Agent/Gone',
    ],
    tokens: [
      'alpha on Acme Agent',
      'beta on Acme Agent (revoked)',
      'fresh on Acme Agent',
      'gone on Acme Agent (revoked)',
    ],
    plugins: ['mail on Acme Agent by operator', 'search on Acme Agent by bob'],
    restricted: ['Acme Agent'],
    events: [
      'workspace.created',
      'workspace.renamed',
      'workspace.moved',
      'plugin.allowed',
      'plugin.disallowed',
      'plugin_policy.set',
      'api_token.created',
      'api_token.revoked',
      'workspace.removed',
      'workspace.restored',
      'platform_agent.installed',
    ],
  });
});
