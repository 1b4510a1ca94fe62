import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, setHeartbeat } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow, partsOf, tells, type Update } from '../support/organization-events.ts';
import { writePast } from '../support/past.ts';

// What nobody does, but time. Asserted is what the database's clock said, never that of the test.

const database = await createTestDatabase();
const usual = createTestApi(database, { watchTimes: { tickMs: 2_000, pulseMs: 10_000 } });
const quick = createTestApi(database, { watchTimes: { tickMs: 50, pulseMs: 200 } });
watchNeighbour(database);

let orgId: string;
let id: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  id = await insertRoot(database, orgId);
  await writePast(database, orgId, id, {});
});

afterEach(() => database.query('update status_windows set liveness_seconds = 90, changed_at = null'));

/** Seconds from the moment that the SQL names until the newest of the updates judged the statuses. */
async function secondsSince(moment: string, updates: readonly Update[]): Promise<number> {
  const [row] = await database.query<{ us: string }>(
    `select extract(epoch from ${moment}) * 1000000 as us
     from workspaces w join workspace_heartbeats h on (h.org_id, h.workspace_id) = (w.org_id, w.id)
     where w.org_id = $1 and w.id = $2`,
    [orgId, id],
  );
  return (partsOf(updates.at(-1)?.id ?? '').judgedAt - Number(row?.us)) / 1e6;
}

test('silence is told within 5 seconds, at the usual pace', async () => {
  await setHeartbeat(database, orgId, id, { secondsAgo: 86 });
  const follower = await follow(usual, orgId);
  const updates = await follower.nextUntil(tells(id, 'OFFLINE'));
  expect(updates.at(-1)?.states).toMatchObject([{ statusMessage: 'No heartbeat within the last 90 seconds.' }]);
  const late = await secondsSince(`h.last_seen_at + interval '90 seconds'`, updates);
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThan(5);
});

test('silence that fell in between is told to who resumes', async () => {
  await setHeartbeat(database, orgId, id, { secondsAgo: 89 });
  const before = await follow(quick, orgId);
  const { id: after } = await before.next();
  await before.close();
  const resumed = await follow(quick, orgId, { after });
  const updates = await resumed.nextUntil(tells(id, 'OFFLINE'));
  expect(await secondsSince(`h.last_seen_at + interval '90 seconds'`, updates)).toBeGreaterThanOrEqual(0);
});

test('provisioning that takes too long is told', async () => {
  const follower = await follow(quick, orgId);
  await follower.next();
  await mutate(quick, 'reportProvisioning', { orgId, workspaceId: id, state: 'PROVISIONING', message: 'Pulling' });
  expect((await follower.nextUntil(tells(id, 'PROVISIONING'))).at(-1)?.states).toMatchObject([
    { statusMessage: 'Pulling' },
  ]);
  await writePast(database, orgId, id, { reported: 'provisioning', reportedAgo: 599 });
  const updates = await follower.nextUntil(tells(id, 'FAILED'));
  expect(updates.at(-1)?.states).toMatchObject([
    { statusMessage: expect.stringMatching(/did not finish within 600 s/) },
  ]);
  expect(await secondsSince(`h.reported_at + interval '600 seconds'`, updates)).toBeGreaterThanOrEqual(0);
});

test('a pulse comes while nothing happens, with a new id each time', async () => {
  const follower = await follow(quick, orgId);
  const { id: first } = await follower.next();
  let last = partsOf(first).judgedAt;
  for (let pulse = 0; pulse < 5; pulse++) {
    const { id: pulseId, events, states } = await follower.next();
    expect([events, states]).toEqual([[], []]);
    const { judgedAt } = partsOf(pulseId);
    // Not at every look at the database, and never without one.
    expect(judgedAt - last).toBeGreaterThan(100_000);
    last = judgedAt;
  }
});

test('a pulse is an id to resume from', async () => {
  const before = await follow(quick, orgId);
  await before.next();
  const { id: after } = await before.next();
  await before.close();
  await mutate(quick, 'recordHeartbeat', { orgId, workspaceId: id });
  const resumed = await follow(quick, orgId, { after });
  expect((await resumed.next()).states).toMatchObject([{ workspaceId: id, status: 'ONLINE' }]);
});

test('windows that a server changed meanwhile are told to who resumes', async () => {
  await setHeartbeat(database, orgId, id, { secondsAgo: 400 });
  const before = await follow(quick, orgId);
  const { id: after } = await before.next();
  await before.close();
  await database.query('update status_windows set liveness_seconds = 500, changed_at = clock_timestamp()');
  const resumed = await follow(quick, orgId, { after });
  expect((await resumed.next()).states).toMatchObject([{ workspaceId: id, status: 'ONLINE' }]);
});
