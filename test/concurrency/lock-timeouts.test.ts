import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, asInstalled, expectState, insertAcme } from './acme.ts';
import { attempt, everyChange, heartbeats, mutations } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const hasty = createTestApi(database, { lockTimeoutMs: 100 });
watchNeighbour(database);

const lockTimeout = { code: 'LOCK_TIMEOUT', retryable: true };

const holder = await database.connect();

let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
  await holder.query('begin');
});
afterEach(async () => {
  await holder.query('rollback');
});

test.each(Object.keys(everyChange({} as Acme)) as (keyof ReturnType<typeof everyChange>)[])(
  '%s gives up on an organization that is locked for too long, and is done when it is called again',
  async (name) => {
    await holder.query('select from organizations where id = $1 for update', [acme.orgId]);
    const [document, variables] = everyChange(acme)[name];
    expect(await attempt(hasty, document, variables)).toEqual(lockTimeout);
    await expectState(database, acme, asInserted);
    await holder.query('rollback');
    expect(await attempt(hasty, document, variables)).toBe('done');
  },
);

test('an install gives up on a root that a foreign writer has locked for too long, and is done when called again', async () => {
  const { orgId, beta } = acme;
  await holder.query('select from workspaces where org_id = $1 and id = $2 for update', [orgId, beta]);
  expect(await attempt(hasty, mutations.install, { orgId })).toEqual(lockTimeout);
  await expectState(database, acme, asInserted);
  await holder.query('rollback');
  expect(await attempt(hasty, mutations.install, { orgId })).toBe('done');
  await expectState(database, acme, asInstalled);
});

test('heartbeats and reports are recorded while an organization and its workspaces are locked for long', async () => {
  const { orgId, alpha, beta } = acme;
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  await holder.query('select from workspaces where org_id = $1 for update', [orgId]);
  const beats = [{ workspaceId: beta }, { workspaceId: alpha }];
  expect(await attempt(hasty, heartbeats.one, { orgId, id: alpha })).toBe('done');
  expect(await attempt(hasty, heartbeats.many, { orgId, beats })).toBe('done');
  expect(await attempt(hasty, heartbeats.report, { orgId, id: beta, state: 'OFFLINE' })).toBe('done');
});
