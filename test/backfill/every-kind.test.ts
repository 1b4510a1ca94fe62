import { beforeAll, expect, test, vi } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestDatabase } from '../support/database.ts';
import { compileServer } from '../support/server-process.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { runBackfill, SLOW } from './backfill-process.ts';
import { countInstalls, insertEveryKind } from './organizations.ts';

const database = await createTestDatabase();
const settings = { DATABASE_URL: database.url };

vi.setConfig(SLOW);
beforeAll(compileServer);

// The tests go on from each other, as the runs of an operator do.
let organizations: Awaited<ReturnType<typeof insertEveryKind>>;
beforeAll(async () => {
  organizations = await insertEveryKind(database);
});

async function snapshotAll() {
  const organizations = await database.query<{ id: string }>('select id from organizations order by id');
  return snapshotsOf(organizations.map(({ id }) => id));
}

async function snapshotsOf(ids: readonly string[]) {
  const snapshots = [];
  for (const id of ids) snapshots.push(await snapshotOrganization(database, id));
  return snapshots;
}

test('a dry run writes nothing, and says what the run that follows does', async () => {
  const { waiting, installed, removed, conflicts } = organizations;
  const before = await snapshotAll();
  const dry = await runBackfill(settings, '--dry-run');
  expect(await snapshotAll()).toEqual(before);
  expect(dry.status).toBe(1);
  const foreseen = await dry.report();
  expect(foreseen).toMatchObject({ dryRun: true, summary: { end: 'finished', total: 11, looked: 11 } });
  expect(foreseen.summary).toMatchObject({ wouldInstall: waiting.length, settled: 1, removed: 1, left: 3 });
  expect(foreseen.summary.wouldDo).toEqual({
    adoptedWorkspaces: 5,
    movedTokens: 2,
    demotedAgents: 2,
    restrictedOrganizations: 1,
  });

  const untouched = [installed, removed, ...Object.values(conflicts).map(({ orgId }) => orgId)];
  const untouchedBefore = await snapshotsOf(untouched);
  const run = await runBackfill(settings);
  expect(run.status).toBe(1);
  const report = await run.report();
  expect(report.summary).toMatchObject({ installed: waiting.length, settled: 1, removed: 1, left: 3 });
  const byId = (left: typeof report.left) => new Map(left.map((organization) => [organization.orgId, organization]));
  expect(byId(report.left)).toEqual(byId(foreseen.left));
  expect(await snapshotsOf(untouched)).toEqual(untouchedBefore);

  const installs = await countInstalls(database);
  for (const id of waiting) expect(installs.get(id)).toBe(1);
  const agents = await database.query(
    `select o.id from organizations o join workspaces a on a.org_id = o.id
     where not o.open_roots and a.kind = 'platform' and a.lifecycle <> 'removed' and a.id = any($1)`,
    [waiting.map(platformAgentId)],
  );
  expect(agents).toHaveLength(waiting.length);
  const [adopted] = await database.query(
    `select (select count(*)::int from workspaces where parent_id = any($1)) as workspaces,
            (select count(*)::int from org_api_tokens where root_id = any($1)) as tokens`,
    [waiting.map(platformAgentId)],
  );
  expect(adopted).toEqual({
    workspaces: foreseen.summary.wouldDo?.['adoptedWorkspaces'],
    tokens: foreseen.summary.wouldDo?.['movedTokens'],
  });
  const actors = await database.query(`select distinct actor from org_events where type = 'platform_agent.installed'`);
  expect(actors).toEqual([{ actor: 'operator' }]);
});

test('what is left is told with what is in the way and what helps, as JSON and as a table', async () => {
  const { nameTaken, seedNameTaken, takenBelow } = organizations.conflicts;
  const { report, output } = await runBackfill(settings);
  const { left } = await report();
  const told = (orgId: string) => left.find((organization) => organization.orgId === orgId);

  expect(told(nameTaken.orgId)).toEqual({
    orgId: nameTaken.orgId,
    name: 'Acme',
    code: 'NAME_CONFLICT',
    message: expect.stringContaining('pass another name'),
    workspaceIds: [nameTaken.namesake],
    anotherNameHelps: true,
    waysOut: [
      expect.stringContaining(`renameWorkspace(orgId: "${nameTaken.orgId}", id: "${nameTaken.namesake}"`),
      expect.stringContaining(`installPlatformAgent(orgId: "${nameTaken.orgId}", name: …)`),
    ],
  });
  expect(told(seedNameTaken.orgId)).toMatchObject({
    workspaceIds: [seedNameTaken.namesake],
    anotherNameHelps: false,
    waysOut: [
      expect.stringContaining(`id: "${seedNameTaken.namesake}"`),
      expect.stringContaining(`id: "${platformAgentId(seedNameTaken.orgId)}"`),
    ],
  });
  expect(told(takenBelow.orgId)).toMatchObject({
    workspaceIds: [takenBelow.child, takenBelow.root],
    anotherNameHelps: false,
    waysOut: [
      expect.stringContaining(`id: "${takenBelow.child}"`),
      expect.stringContaining(`id: "${takenBelow.root}"`),
    ],
  });
  for (const { orgId, code, message } of left) expect(output).toContain(`${orgId}  ${code}  ${message}`);
});

test('once the names are free it installs those too, exits with 0, and finds nothing to do afterwards', async () => {
  const { nameTaken, seedNameTaken, takenBelow } = organizations.conflicts;
  for (const id of [nameTaken.namesake, seedNameTaken.namesake, takenBelow.root]) {
    await database.query(`update workspaces set name = 'Renamed' where id = $1`, [id]);
  }
  const last = await runBackfill(settings);
  expect(last.status).toBe(0);
  expect((await last.report()).summary).toMatchObject({ installed: 3, settled: 7, removed: 1, left: 0 });

  const before = await snapshotAll();
  for (const args of [[], ['--dry-run']]) {
    const again = await runBackfill(settings, ...args);
    expect(again.status).toBe(0);
    expect((await again.report()).summary).toMatchObject({ settled: 10, removed: 1, left: 0 });
    expect(again.progress).toMatch(/: 100%, 11 of 11, [\d,]+\/s\n$/);
  }
  expect(await snapshotAll()).toEqual(before);
});
