import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import { toDomainError } from '../../src/database/errors.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { lockOrganization } from '../../src/organizations/organization.sql.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { lockCandidates } from '../../src/platform-agent/plan.sql.ts';
import { createTestApi } from '../support/api.ts';
import { waitUntil, waitUntilBlocked, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInserted, asInstalled, expectState, insertAcme, plus } from './acme.ts';
import { attempt, mutations } from './calls.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

const observer = await database.connect();

const rival = await database.connect();
const brake = await database.connect();

let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
  await rival.query('begin');
});
afterEach(async () => {
  await rival.query('rollback');
});

const lockRoot = (client: TestClient, id: string | undefined) =>
  client.query('select from workspaces where org_id = $1 and id = $2 for update', [acme.orgId, id]);

/**
 * Resolves when the rival, which waits, has looked for a deadlock and found none. Each looks once, so that whoever
 * then closes the circle is the one that finds it, and is ended.
 */
async function untilRivalHasLooked(): Promise<void> {
  await waitUntilBlocked(observer, rival.pid);
  await waitUntil('the rival has waited for longer than the deadlock timeout', async () => {
    const { rows } = await observer.query(
      `select from pg_locks
       where pid = $1 and not granted
         and waitstart < clock_timestamp() - current_setting('deadlock_timeout')::interval - interval '0.3 s'`,
      [rival.pid],
    );
    return rows.length > 0;
  });
}

test('an install that PostgreSQL ends to break a deadlock is run again', async () => {
  const { orgId, alpha, beta } = acme;
  const [first, second] = [alpha, beta].toSorted();
  await brake.query('begin');
  await lockRoot(brake, first);
  await lockRoot(rival, second);
  const install = attempt(api, mutations.install, { orgId });
  await waitUntilBlockedBy(brake);
  // The install holds the organization and is about to want the root. This is the reverse.
  const locked = rival.query('select from organizations where id = $1 for update', [orgId]);
  await untilRivalHasLooked();
  await brake.query('commit');
  // Nothing but the end of the install lets this through.
  await locked;
  await rival.query('commit');
  expect(await install).toBe('done');
  await expectState(database, acme, asInstalled);
});

test('a transaction of Prisma queries that PostgreSQL ends to break a deadlock is run again, and counts once', async () => {
  const { orgId, alpha, beta } = acme;
  await lockRoot(rival, beta);
  const raiseTier = (tx: Transaction, id: string) =>
    tx.workspace.update({ where: { orgId_id: { orgId, id } }, data: { tier: { increment: 1 } } });
  let locked: Promise<unknown> | undefined;
  const raised = inTransaction(api.prisma, async (tx) => {
    await raiseTier(tx, alpha);
    if (locked === undefined) {
      locked = lockRoot(rival, alpha).then(() => rival.query('commit'));
      await untilRivalHasLooked();
    }
    await raiseTier(tx, beta);
  });
  await raised;
  await locked;
  const tiers = await database.query('select name, tier from workspaces where org_id = $1 order by name', [orgId]);
  expect(tiers).toMatchObject([{ tier: 2 }, { tier: 2 }, { tier: 1 }, { tier: 1 }]);
});

describe('an install that deadlocks with a foreign writer, whose new root has the name of the agent', () => {
  async function deadlock(ending: 'commit' | 'rollback'): Promise<unknown> {
    const { orgId, agentId } = acme;
    let insertion: Promise<unknown> | undefined;
    return inTransaction(api.prisma, async (tx) => {
      await lockOrganization(tx, orgId);
      await lockCandidates(tx, orgId, agentId);
      if (insertion === undefined) {
        insertion = rival
          .query(`insert into workspaces (org_id, name) values ($1, 'Acme Agent')`, [orgId])
          .then(() => rival.query(ending));
        // It has the name by now, and waits for the organization. The install is about to want the name.
        await untilRivalHasLooked();
      }
      return installPlatformAgent(tx, { orgId, actor: 'operator' });
    }).catch(toDomainError);
  }

  test('is run again and refused when that root is committed', async () => {
    expect(await deadlock('commit')).toMatchObject({ code: 'NAME_CONFLICT', details: { name: 'Acme Agent' } });
    await expectState(database, acme, plus(asInserted, { workspaces: ['Acme Agent'] }));
  });

  test('is run again and done when that root is rolled back', async () => {
    expect(await deadlock('rollback')).toEqual({ agent: acme.agentId, changed: true });
    await expectState(database, acme, asInstalled);
  });
});

describe('a transaction', () => {
  /** How often it runs when PostgreSQL answers it with this SQLSTATE every time, and what a client is told then. */
  async function runsAnswered(sqlState: string): Promise<[runs: number, code: string | undefined]> {
    let runs = 0;
    const failure = inTransaction(api.prisma, async (tx) => {
      runs++;
      await tx.$executeRawUnsafe(`do $$ begin raise exception 'Once more' using errcode = '${sqlState}'; end $$`);
    });
    const error = await failure.catch((thrown: unknown) => thrown);
    const shown = toDomainError(error);
    if (shown) expect(shown.message).not.toContain('Once more');
    return [runs, shown?.code];
  }

  test('that deadlocks every time is run four times, and then told to be worth another try', async () => {
    expect(await runsAnswered('40P01')).toEqual([4, 'LOCK_TIMEOUT']);
  });

  test('that fails to be serialized every time is run four times, and then told to be worth another try', async () => {
    expect(await runsAnswered('40001')).toEqual([4, 'LOCK_TIMEOUT']);
  });

  test('that fails for any other reason is run once', async () => {
    expect(await runsAnswered('55P03')).toEqual([1, 'LOCK_TIMEOUT']);
    expect(await runsAnswered('23503')).toEqual([1, undefined]);
  });
});
