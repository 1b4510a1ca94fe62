import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { minute, type Past, writePast } from '../support/past.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let id: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  id = await insertRoot(database, orgId);
});

const setPast = (past: Past) => writePast(database, orgId, id, past);

const statuses = ['ONLINE', 'DEGRADED', 'PROVISIONING', 'OFFLINE', 'FAILED', 'REMOVED'] as const;
type Status = (typeof statuses)[number];

const document = `
  query ($orgId: ID!, $id: ID!) {
    workspace(orgId: $orgId, id: $id) { status statusMessage }
    organization(id: $orgId) {
      statusCounts { online degraded provisioning offline failed removed }
      ${statuses.map((name) => `${name}: workspaces(status: ${name}) { totalCount edges { node { id status } } }`).join('\n')}
    }
  }`;

/** The field, every filter and the counts say the same. Returns what is said about it. */
async function expectStatus(status: Status): Promise<string | null> {
  const { workspace, organization } = await api.expectData(document, { orgId, id });
  expect(workspace.status).toBe(status);
  for (const filter of statuses) {
    const found = filter === status ? [{ node: { id, status } }] : [];
    expect(organization[filter]).toEqual({ totalCount: found.length, edges: found });
    expect(organization.statusCounts[filter.toLowerCase()]).toBe(found.length);
  }
  return workspace.statusMessage;
}

describe('the first of these that holds is the status:', () => {
  const day = 24 * 60 * minute;
  test.each<[string, Past, Status]>([
    ['removed', { lifecycle: 'removed' }, 'REMOVED'],
    ['removed, though a heartbeat came since', { lifecycle: 'removed', seenAgo: 1 }, 'REMOVED'],
    [
      'removed, though a failure was reported since',
      { lifecycle: 'removed', reported: 'failed', reportedAgo: 1 },
      'REMOVED',
    ],
    ['heard', { seenAgo: 10 }, 'ONLINE'],
    ['heard inside the window, though not lately', { seenAgo: 60 }, 'ONLINE'],
    ['heard, and not well', { seenAgo: 10, health: 'degraded' }, 'DEGRADED'],
    ['heard since it failed', { lifecycle: 'failed', lifecycleAgo: 20, seenAgo: 10 }, 'ONLINE'],
    ['heard since it is provisioned', { lifecycle: 'provisioning', lifecycleAgo: 20, seenAgo: 10 }, 'ONLINE'],
    [
      'heard since, though provisioning took too long',
      { lifecycle: 'provisioning', lifecycleAgo: day, seenAgo: 10 },
      'ONLINE',
    ],
    ['heard, and not well, since it failed', { lifecycle: 'failed', seenAgo: 10, health: 'degraded' }, 'DEGRADED'],
    ['heard since a failure was reported', { reported: 'failed', reportedAgo: 20, seenAgo: 10 }, 'ONLINE'],
    ['failed since it was heard', { lifecycle: 'failed', lifecycleAgo: 10, seenAgo: 20 }, 'FAILED'],
    ['failed, and not heard for too long', { lifecycle: 'failed', seenAgo: 95 }, 'FAILED'],
    ['failed, and never heard', { lifecycle: 'failed' }, 'FAILED'],
    ['provisioned for too long', { lifecycle: 'provisioning', lifecycleAgo: 11 * minute }, 'FAILED'],
    [
      'provisioned for too long, and heard once',
      { lifecycle: 'provisioning', lifecycleAgo: 11 * minute, seenAgo: 5 * minute },
      'FAILED',
    ],
    ['reported as failed', { reported: 'failed', reportedAgo: 10 }, 'FAILED'],
    ['reported as failed since it was heard', { reported: 'failed', reportedAgo: 10, seenAgo: 20 }, 'FAILED'],
    ['reported as provisioned for too long', { reported: 'provisioning', reportedAgo: 11 * minute }, 'FAILED'],
    ['provisioned', { lifecycle: 'provisioning', lifecycleAgo: 9 * minute }, 'PROVISIONING'],
    [
      'provisioned again since it was heard',
      { lifecycle: 'provisioning', lifecycleAgo: 10, seenAgo: 20 },
      'PROVISIONING',
    ],
    ['reported as provisioned', { lifecycle: 'failed', reported: 'provisioning', reportedAgo: 10 }, 'PROVISIONING'],
    ['never heard', {}, 'OFFLINE'],
    ['heard outside the window', { seenAgo: 95 }, 'OFFLINE'],
    ['degraded when it was heard outside the window', { seenAgo: 95, health: 'degraded' }, 'OFFLINE'],
    ['set to offline since it was heard', { lifecycleAgo: 10, seenAgo: 20 }, 'OFFLINE'],
    ['heard at the very moment it was set to offline', { lifecycleAgo: 10, seenAgo: 10 }, 'OFFLINE'],
    ['reported as offline since it failed', { lifecycle: 'failed', reported: 'offline', reportedAgo: 10 }, 'OFFLINE'],
    [
      'reported as failed before it was set to offline',
      { lifecycleAgo: 10, reported: 'failed', reportedAgo: 20 },
      'OFFLINE',
    ],
  ])('%s', async (_, past, status) => {
    await setPast(past);
    const before = await snapshotOrganization(database, orgId);
    await expectStatus(status);
    // It is judged, and never stored.
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });
});

describe('the message that explains the status', () => {
  test.each<[string, Past, Status, string | null]>([
    ['of one that is online is its own', { seenAgo: 1, message: 'Busy' }, 'ONLINE', 'Busy'],
    ['of one that is online may be none', { seenAgo: 1, lifecycleMessage: 'Old' }, 'ONLINE', null],
    [
      'of one that is degraded is its own',
      { seenAgo: 1, health: 'degraded', message: 'No disk' },
      'DEGRADED',
      'No disk',
    ],
    [
      'of one that failed is why',
      { lifecycle: 'failed', lifecycleMessage: 'No quota', message: 'Old' },
      'FAILED',
      'No quota',
    ],
    [
      'of one that is provisioned is how far',
      { lifecycle: 'provisioning', lifecycleAgo: 1, lifecycleMessage: 'Pulling' },
      'PROVISIONING',
      'Pulling',
    ],
    [
      'of a report that counts is its own',
      { lifecycleMessage: 'Old', reported: 'failed', reportedAgo: 1, reportedMessage: 'No image' },
      'FAILED',
      'No image',
    ],
    [
      'of one provisioned for too long names the window',
      { lifecycle: 'provisioning', lifecycleMessage: 'Pulling' },
      'FAILED',
      'Provisioning did not finish within 600 seconds.',
    ],
    ['of one that was never heard says so', {}, 'OFFLINE', 'No heartbeat has been received yet.'],
    [
      'of one that fell silent names the window, and not what it said last',
      { seenAgo: 95, message: 'Busy' },
      'OFFLINE',
      'No heartbeat within the last 90 seconds.',
    ],
    [
      'of one that was set to offline says so',
      { lifecycleAgo: 10, seenAgo: 20 },
      'OFFLINE',
      'No heartbeat since the platform last changed its state.',
    ],
    ['of one that is removed is none', { lifecycle: 'removed', seenAgo: 1, message: 'Busy' }, 'REMOVED', null],
  ])('%s', async (_, past, status, message) => {
    await setPast(past);
    expect(await expectStatus(status)).toBe(message);
  });
});

describe('the windows', () => {
  const setWindows = (liveness: number, provisioning: number) =>
    database.query('update status_windows set liveness_seconds = $1, provisioning_seconds = $2', [
      liveness,
      provisioning,
    ]);
  afterEach(() => setWindows(90, 600));

  test('of liveness is the one that is set', async () => {
    await setPast({ seenAgo: 95 });
    await expectStatus('OFFLINE');
    await setWindows(120, 600);
    await expectStatus('ONLINE');
    await setWindows(30, 600);
    expect(await expectStatus('OFFLINE')).toBe('No heartbeat within the last 30 seconds.');
  });

  test('of provisioning is the one that is set', async () => {
    await setPast({ lifecycle: 'provisioning', lifecycleAgo: 11 * minute });
    await expectStatus('FAILED');
    await setWindows(90, 1200);
    await expectStatus('PROVISIONING');
    await setWindows(90, 60);
    expect(await expectStatus('FAILED')).toBe('Provisioning did not finish within 60 seconds.');
  });
});

test('a workspace without a heartbeat row is judged like one that was never heard', async () => {
  await database.query('delete from workspace_heartbeats where org_id = $1', [orgId]);
  expect(await expectStatus('OFFLINE')).toBe('No heartbeat has been received yet.');
  await database.query(`update workspaces set lifecycle = 'failed' where org_id = $1`, [orgId]);
  await expectStatus('FAILED');
  await database.query(`update workspaces set lifecycle = 'provisioning' where org_id = $1`, [orgId]);
  await expectStatus('PROVISIONING');
  await database.query(`update workspaces set lifecycle = 'removed' where org_id = $1`, [orgId]);
  await expectStatus('REMOVED');
});
