import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { writeStatusWindows } from '../../src/database/status-windows.ts';
import { createLogger } from '../../src/logger.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { minute, type Past, writePast } from '../support/past.ts';

const database = await createTestDatabase();
const { prisma } = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let id: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  id = await insertRoot(database, orgId);
});
afterEach(() =>
  database.query('update status_windows set liveness_seconds = 90, provisioning_seconds = 600, changed_at = null'),
);

/** The status, and how many seconds before now the youngest fact lies that it rests on. */
async function readEvidence(): Promise<{ status: string; ago: number } | undefined> {
  const [state] = await database.query<{ status: string; ago: number }>(
    `select status, round(extract(epoch from now() - evidence_at))::int as ago
     from workspace_states where org_id = $1 and workspace_id = $2`,
    [orgId, id],
  );
  return state;
}

const day = 24 * 60 * minute;

describe('a status rests on', () => {
  test.each<[string, Past, string, number]>([
    ['the heartbeat, while that counts', { seenAgo: 10 }, 'online', 10],
    ['the heartbeat of one that is not well', { seenAgo: 20, health: 'degraded' }, 'degraded', 20],
    ['the heartbeat, whatever was reported before', { reported: 'failed', reportedAgo: 40, seenAgo: 30 }, 'online', 30],
    ['the last change of the tree', { lifecycleAgo: 40 }, 'offline', 40],
    ['the end of the window of a heartbeat', { seenAgo: 100 }, 'offline', 10],
    ['the change that came after the heartbeat', { lifecycleAgo: 40, seenAgo: 50 }, 'offline', 40],
    ['the change that came after a silence', { lifecycleAgo: 10, seenAgo: 200 }, 'offline', 10],
    ['the failure', { lifecycle: 'failed', lifecycleAgo: 70 }, 'failed', 70],
    ['the report of a failure', { reported: 'failed', reportedAgo: 30 }, 'failed', 30],
    [
      'the end of the window of a heartbeat that came after the failure',
      { lifecycle: 'failed', lifecycleAgo: 300, seenAgo: 110 },
      'failed',
      20,
    ],
    ['the report of provisioning', { reported: 'provisioning', reportedAgo: 50 }, 'provisioning', 50],
    [
      'the end of the window of a heartbeat that came while it was provisioned',
      { reported: 'provisioning', reportedAgo: 300, seenAgo: 120 },
      'provisioning',
      30,
    ],
    [
      'the end of the window of provisioning',
      { lifecycle: 'provisioning', lifecycleAgo: 11 * minute },
      'failed',
      minute,
    ],
    [
      'the end of the window of a heartbeat, where that came later',
      { lifecycle: 'provisioning', lifecycleAgo: 11 * minute, seenAgo: 100 },
      'failed',
      10,
    ],
    ['the removal', { lifecycle: 'removed', lifecycleAgo: 5 }, 'removed', 5],
    ['the removal, whatever came since', { lifecycle: 'removed', lifecycleAgo: 50, seenAgo: 5 }, 'removed', 50],
    ['the creation of one that nothing happened to', {}, 'offline', day],
  ])('%s', async (_, past, status, ago) => {
    await writePast(database, orgId, id, past);
    const evidence = await readEvidence();
    expect(evidence).toMatchObject({ status });
    expect(Math.abs((evidence?.ago ?? Number.NaN) - ago), `${evidence?.ago} seconds ago`).toBeLessThanOrEqual(2);
  });
});

test('all statuses rest on the windows, when a server changed those later', async () => {
  await writePast(database, orgId, id, { seenAgo: 200 });
  const config = readConfig({ LIVENESS_WINDOW_SECONDS: '300' });
  await writeStatusWindows(prisma, config, createLogger('silent'));
  const evidence = await readEvidence();
  expect(evidence).toMatchObject({ status: 'online' });
  expect(evidence?.ago).toBeLessThanOrEqual(2);

  await database.query(`update status_windows set changed_at = now() - interval '1 hour'`);
  await writeStatusWindows(prisma, config, createLogger('silent'));
  expect((await readEvidence())?.ago, 'they were not changed again').toBeGreaterThanOrEqual(200);
});
