import { beforeEach, expect, test } from 'vitest';
import { writerLimits } from '../../src/database/organization-writer.ts';
import { createTestApi } from '../support/api.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const poolSize = 6;
const writers = 12;

const database = await createTestDatabase();
const api = createTestApi(database, { poolSize, writerLimits: writerLimits(poolSize, 10_000) });
const hasty = createTestApi(database, { poolSize, lockTimeoutMs: 5_000, writerLimits: writerLimits(poolSize, 100) });
watchNeighbour(database);

let busy: string;
let calm: string;
let holder: TestClient;
beforeEach(async () => {
  busy = await insertOrganization(database);
  calm = await insertOrganization(database);
  await insertRoot(database, busy, { name: 'Root' });
  holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [busy]);
});

const create = (name: string) => mutate(api, 'createWorkspace', { orgId: busy, name }, '{ name }');

test('an organization with more writers than the server has connections holds up nobody else', async () => {
  const root = await insertRoot(database, calm, { name: 'Root' });
  const answers = Array.from({ length: writers }, (_, index) => create(`Workspace ${index}`));
  await waitUntilBlockedBy(holder, 2);

  expect((await api.expectData('{ organizations { totalCount } }')).organizations.totalCount).toBeGreaterThan(1);
  expect(await mutate(api, 'recordHeartbeat', { orgId: calm, workspaceId: root }, '{ status }')).toEqual({
    status: 'ONLINE',
  });
  expect(await mutate(api, 'installPlatformAgent', { orgId: calm }, '{ status }')).toEqual({ status: 'OFFLINE' });

  await holder.query('commit');
  expect(await Promise.all(answers)).toHaveLength(writers);
  const stored = await snapshotOrganization(database, busy);
  expect(stored['workspaces']).toHaveLength(writers + 1);
  expect(stored['org_events']).toHaveLength(writers);
});

test('a write whose turn does not come in time is refused as one to repeat, and has changed nothing', async () => {
  const before = await snapshotOrganization(database, busy);
  const first = mutate(hasty, 'createWorkspace', { orgId: busy, name: 'First' });
  const second = mutate(hasty, 'createWorkspace', { orgId: busy, name: 'Second' });
  await waitUntilBlockedBy(holder, 2);
  const error = await refuse(hasty, 'createWorkspace', { orgId: busy, name: 'Third' });
  expect(error.extensions).toEqual({ code: 'LOCK_TIMEOUT', retryable: true });
  expect(await snapshotOrganization(database, busy)).toEqual(before);

  await holder.query('commit');
  await Promise.all([first, second]);
  const names = (await snapshotOrganization(database, busy))['workspaces']?.map(
    (row) => (row as { name: string }).name,
  );
  expect(names?.sort()).toEqual(['First', 'Root', 'Second']);
});
