import { beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import { lockOrganization } from '../../src/organizations/organization.sql.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { lockCandidates } from '../../src/platform-agent/plan.sql.ts';
import { recordHeartbeats, reportProvisioning } from '../../src/workspaces/heartbeats.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, asInstalled, expectState, insertAcme, installedUnder } from './acme.ts';
import { attempt, call, heartbeats, mutations } from './calls.ts';
import { type Ending, hold, untilWaitsFor, watchDeadlocks } from './interleaving.ts';

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

/** The workspaces that have been heard, and those of which something was reported, by name. */
async function heard(): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select w.name || coalesce(' ' || h.reported_lifecycle::text, '') as line
     from workspace_heartbeats h join workspaces w on w.org_id = h.org_id and w.id = h.workspace_id
     where h.org_id = $1 and (h.last_seen_at is not null or h.reported_at is not null) order by w.name`,
    [acme.orgId],
  );
  return rows.map(({ line }) => line);
}

describe.each<Ending>(['commit', 'rollback'])('while an install that ends with %s holds all its locks', (ending) => {
  async function duringInstall(work: () => Promise<void>): Promise<void> {
    const held = await hold(api.prisma, install);
    try {
      await work();
    } finally {
      await held.end(ending);
    }
    await expectState(database, acme, ending === 'commit' ? asInstalled : asInserted);
  }

  test('a heartbeat of a root and of a child are recorded at once', async () => {
    await duringInstall(async () => {
      const { orgId, alpha, worker } = acme;
      expect(await attempt(hasty, heartbeats.one, { orgId, id: alpha })).toBe('done');
      expect(await attempt(hasty, heartbeats.one, { orgId, id: worker })).toBe('done');
      expect(await heard()).toEqual(['Alpha', 'Worker']);
    });
    expect(await heard()).toEqual(['Alpha', 'Worker']);
  });

  test('a batch of heartbeats is recorded at once', async () => {
    await duringInstall(async () => {
      const { orgId, alpha, beta, worker } = acme;
      const beats = [beta, worker, alpha].map((workspaceId) => ({ workspaceId }));
      expect(await call(hasty, heartbeats.many, { orgId, beats })).toMatchObject({ data: { recordHeartbeats: 3 } });
      expect(await heard()).toEqual(['Alpha', 'Beta', 'Worker']);
    });
    expect(await heard()).toEqual(['Alpha', 'Beta', 'Worker']);
  });

  test('a report of provisioning is recorded at once', async () => {
    await duringInstall(async () => {
      const { orgId, alpha, worker } = acme;
      expect(await attempt(hasty, heartbeats.report, { orgId, id: alpha, state: 'FAILED' })).toBe('done');
      expect(await attempt(hasty, heartbeats.report, { orgId, id: worker, state: 'PROVISIONING' })).toBe('done');
    });
    expect(await heard()).toEqual(['Alpha failed', 'Worker provisioning']);
  });

  test('a first heartbeat of a workspace that was created as any other is recorded at once', async () => {
    const { orgId } = acme;
    const created = await call<{ createWorkspace: { id: string } }>(api, mutations.create, { orgId, name: 'Gamma' });
    const id = created.data?.createWorkspace.id;
    const held = await hold(api.prisma, install);
    expect(await attempt(hasty, heartbeats.one, { orgId, id })).toBe('done');
    await held.end(ending);
    expect(await heard()).toEqual(['Gamma']);
  });

  test('a heartbeat of the agent that is being installed is refused, and does not wait', async () => {
    await duringInstall(async () => {
      const { orgId, agentId } = acme;
      const outcome = await attempt(hasty, heartbeats.one, { orgId, id: agentId });
      expect(outcome).toMatchObject({ code: 'WORKSPACE_NOT_FOUND', workspaceId: agentId });
    });
  });
});

describe.each<Ending>(['commit', 'rollback'])('heartbeats and reports that end with %s', (ending) => {
  test('do not hold an install up', async () => {
    const { orgId, alpha, beta, worker } = acme;
    const held = await hold(api.prisma, async (tx) => {
      const beats = [alpha, beta].map((workspaceId) => ({ workspaceId, health: 'healthy' as const, message: null }));
      await recordHeartbeats(tx, orgId, beats);
      await reportProvisioning(tx, { orgId, workspaceId: worker, state: 'failed', message: null });
    });
    expect(await attempt(hasty, mutations.install, { orgId })).toBe('done');
    await held.end(ending);
    expect(await heard()).toEqual(ending === 'commit' ? ['Alpha', 'Beta', 'Worker failed'] : []);
    await expectState(database, acme, asInstalled);
  });
});

test('a heartbeat of an agent to be that was written without its heartbeat row comes through without a deadlock', async () => {
  const { orgId, agentId } = acme;
  await insertRoot(database, orgId, { id: agentId, name: 'Seed', heartbeat: false });
  const held = await hold(api.prisma, async (tx) => {
    await lockOrganization(tx, orgId);
    await lockCandidates(tx, orgId, agentId);
  });
  const beat = attempt(api, heartbeats.one, { orgId, id: agentId });
  await untilWaitsFor(database, held.pid, beat);
  await install(held.tx);
  await held.end('commit');
  expect(await beat).toBe('done');
  expect(await heard()).toEqual(['Seed']);
  await expectState(database, acme, installedUnder('Seed'));
});
