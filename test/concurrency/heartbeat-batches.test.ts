import { beforeEach, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, expectState, insertAcme } from './acme.ts';
import { attempt, call, heartbeats } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);

let acme: Acme;
/** By id. */
let ids: readonly [string, string, string];
beforeEach(async () => {
  acme = await insertAcme(database);
  ids = [acme.alpha, acme.beta, acme.worker].toSorted() as [string, string, string];
});

const beat = (order: readonly string[]) =>
  call(api, heartbeats.many, { orgId: acme.orgId, beats: order.map((workspaceId) => ({ workspaceId })) });

test.each([
  ['ascending', 'descending'],
  ['descending', 'ascending'],
])('a batch in %s order and a later one in %s order do not deadlock', async (first, second) => {
  const inOrder = (order: string) => (order === 'ascending' ? ids : ids.toReversed());
  // Both come to a halt at the middle one, so that each holds what it has locked before.
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from workspace_heartbeats where workspace_id = $1 for update', [ids[1]]);
  const earlier = beat(inOrder(first));
  await waitUntilBlockedBy(holder, 1);
  const later = beat(inOrder(second));
  await waitUntilBlockedBy(holder, 2);
  await holder.query('commit');

  expect(await Promise.all([earlier, later])).toMatchObject(Array(2).fill({ data: { recordHeartbeats: 3 } }));
  await expectState(database, acme, asInserted);
});

test('a heartbeat and a report for the same workspace are both recorded', async () => {
  const { orgId, alpha } = acme;
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from workspace_heartbeats where workspace_id = $1 for update', [alpha]);
  const beats = [
    attempt(api, heartbeats.one, { orgId, id: alpha }),
    attempt(api, heartbeats.report, { orgId, id: alpha, state: 'FAILED' }),
  ];
  await waitUntilBlockedBy(holder, 2);
  await holder.query('commit');
  expect(await Promise.all(beats)).toEqual(['done', 'done']);
  const [stored] = await database.query(
    `select last_seen_at is not null as heard, reported_lifecycle::text as reported
     from workspace_heartbeats where org_id = $1 and workspace_id = $2`,
    [orgId, alpha],
  );
  expect(stored).toEqual({ heard: true, reported: 'failed' });
});

test('a batch waits for no workspace that is locked, not even for one without a heartbeat row, and tells what it recorded', async () => {
  const { orgId, alpha, beta } = acme;
  await database.query('delete from workspace_heartbeats where workspace_id = $1', [alpha]);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from workspaces where org_id = $1 for update', [orgId]);
  expect(await beat([alpha, beta])).toMatchObject({ data: { recordHeartbeats: 1 } });
  await holder.query('commit');
  expect(await beat([alpha, beta])).toMatchObject({ data: { recordHeartbeats: 2 } });
});
