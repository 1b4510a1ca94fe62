import { beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import { inSnapshot } from '../../src/database/transaction.ts';
import { lockOrganization } from '../../src/organizations/organization.sql.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { lockCandidates } from '../../src/platform-agent/plan.sql.ts';
import { previewInstall } from '../../src/platform-agent/preview.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { preview } from '../support/preview.ts';
import { type Acme, asInserted, asInstalled, expectState, insertAcme } from './acme.ts';
import { attempt, mutations } from './calls.ts';
import { type Ending, hold, watchDeadlocks } from './interleaving.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
// Whoever waits for a lock here is told so at once, and fails the test.
const hasty = createTestApi(database, { lockTimeoutMs: 250 });
watchNeighbour(database);

let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
});

const install = (tx: Transaction) => installPlatformAgent(tx, { orgId: acme.orgId, actor: 'operator' });

/** What a preview tells of the organization as it was inserted. */
const stillToDo = () => ({
  outcome: 'INSTALLS',
  adoptedWorkspaces: [acme.alpha, acme.beta].sort().map((id) => ({ id })),
  movedTokens: 2,
  mergedPlugins: ['browser', 'search'],
  duplicatePlugins: ['search'],
});

describe.each<Ending>(['commit', 'rollback'])('while an install that ends with %s holds all its locks', (ending) => {
  test('a preview is answered at once, as things were before it', async () => {
    const held = await hold(api.prisma, install);
    try {
      expect(await preview(hasty, database, acme.orgId)).toMatchObject(stillToDo());
    } finally {
      await held.end(ending);
    }
    const outcome = ending === 'commit' ? 'ALREADY_INSTALLED' : 'INSTALLS';
    expect(await preview(hasty, database, acme.orgId)).toMatchObject({ outcome });
    await expectState(database, acme, ending === 'commit' ? asInstalled : asInserted);
  });
});

test('a preview waits for nobody who has locked the organization, its roots, their tokens and entries, or whole tables', async () => {
  const { orgId } = acme;
  const holder = await database.connect();
  await holder.query('begin');
  try {
    await holder.query('select from organizations where id = $1 for update', [orgId]);
    for (const table of ['workspaces', 'org_api_tokens', 'org_plugin_allowlist']) {
      await holder.query(`select from ${table} where org_id = $1 for update`, [orgId]);
      await holder.query(`lock table ${table} in exclusive mode`);
    }
    expect(await preview(hasty, database, orgId)).toMatchObject(stillToDo());
  } finally {
    await holder.query('rollback');
  }
});

test('nobody waits for a preview that is still open: an install is done at once', async () => {
  await inSnapshot(api.prisma, async (tx) => {
    await previewInstall(tx, { orgId: acme.orgId });
    expect(await attempt(hasty, mutations.install, { orgId: acme.orgId })).toBe('done');
  });
  await expectState(database, acme, asInstalled);
});

test('a preview reads from one snapshot: what is committed while it reads is not in it, neither whole nor in part', async () => {
  const { orgId } = acme;
  const previewed = await inSnapshot(api.prisma, async (tx) => {
    await tx.$queryRaw`select from organizations where id = ${orgId}::uuid`;
    expect(await attempt(hasty, mutations.install, { orgId })).toBe('done');
    return previewInstall(tx, { orgId });
  });
  const { adoptedWorkspaces } = stillToDo();
  expect(previewed).toMatchObject({
    ...stillToDo(),
    outcome: 'installs',
    adoptedWorkspaces: adoptedWorkspaces.map(({ id }) => id),
  });
  await expectState(database, acme, asInstalled);
});

test.each<[what: string, work: (tx: Transaction) => Promise<unknown>]>([
  ['write', install],
  ['lock the organization', (tx) => lockOrganization(tx, acme.orgId)],
  ['lock its roots', (tx) => lockCandidates(tx, acme.orgId, acme.agentId)],
])('the transaction of a preview is refused to %s by the database', async (_, work) => {
  const run = inSnapshot(api.prisma, async (tx) => {
    await previewInstall(tx, { orgId: acme.orgId });
    await work(tx);
  });
  await expect(run).rejects.toMatchObject({ meta: { driverAdapterError: { cause: { originalCode: '25006' } } } });
  await expectState(database, acme, asInserted);
  // The connection goes back to the pool as it was.
  expect(await attempt(api, mutations.create, { orgId: acme.orgId, name: 'Gamma' })).toBe('done');
});
