import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import { toDomainError } from '../../src/database/errors.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readEvents, readOrganization, readParents } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

const raise = (tx: Transaction, sqlState: string) =>
  tx.$executeRawUnsafe(`do $$ begin raise exception 'for another''s sake' using errcode = '${sqlState}'; end $$`);

const countOrganizations = async (name: string) =>
  (await database.query('select from organizations where name = $1', [name])).length;

/** A transaction that writes a row and fails with the state in its first `failures` runs. */
async function runTransaction(
  sqlState: string,
  failures: number,
): Promise<{ name: string; runs: number; error: unknown }> {
  const name = randomUUID();
  let runs = 0;
  let error: unknown;
  try {
    await inTransaction(api.prisma, async (tx) => {
      await tx.organization.create({ data: { id: randomUUID(), name } });
      if (++runs <= failures) await raise(tx, sqlState);
    });
  } catch (thrown) {
    error = thrown;
  }
  return { name, runs, error };
}

describe.each([
  ['a deadlock', '40P01'],
  ['a serialization failure', '40001'],
])('a transaction that PostgreSQL ends for %s', (_, sqlState) => {
  test('runs again as a whole, at most three times, and commits once', async () => {
    for (const failures of [1, 3]) {
      const { name, runs, error } = await runTransaction(sqlState, failures);
      expect({ runs, error }).toEqual({ runs: failures + 1, error: undefined });
      expect(await countOrganizations(name)).toBe(1);
    }
  });

  test('is given up after three retries, as a LOCK_TIMEOUT that may be tried again', async () => {
    const { name, runs, error } = await runTransaction(sqlState, 4);
    expect(runs).toBe(4);
    expect(toDomainError(error)).toMatchObject({ code: 'LOCK_TIMEOUT', retryable: true });
    expect(await countOrganizations(name)).toBe(0);
  });
});

test.each(['23505', '55P03', '57014', 'XX000', 'P0001'])(
  'a transaction that fails with %s is not run again',
  async (sqlState) => {
    const { name, runs, error } = await runTransaction(sqlState, 1);
    expect(runs).toBe(1);
    expect(error).toBeInstanceOf(Error);
    expect(await countOrganizations(name)).toBe(0);
  },
);

test("an error of the program's own is not run again", async () => {
  let runs = 0;
  const work = async () => {
    runs++;
    throw new RangeError('Own');
  };
  await expect(inTransaction(api.prisma, work)).rejects.toThrow(RangeError);
  expect(runs).toBe(1);
});

describe('a mutation whose transaction PostgreSQL ends', () => {
  /** Lets the first `failures` inserts of workspaces fail. The counter is a sequence, which no rollback sets back. */
  async function failInserts(failures: number, timing: string): Promise<void> {
    await database.query('create sequence attempts');
    await database.query(`create function fail() returns trigger language plpgsql as $$ begin
      if nextval('attempts') <= ${failures} then raise exception 'for another''s sake' using errcode = '40P01'; end if;
      return new;
    end $$`);
    await database.query(
      `create constraint trigger fail after insert on workspaces ${timing} for each row execute function fail()`,
    );
  }
  const runs = async () =>
    (await database.query<{ count: number }>('select last_value::int as count from attempts'))[0]?.count;
  afterEach(async () => {
    await database.query('drop trigger fail on workspaces');
    await database.query('drop function fail');
    await database.query('drop sequence attempts');
  });

  test.each([
    ['in the midst of it', 'not deferrable'],
    ['at its commit', 'initially deferred'],
  ])('%s succeeds all the same, and has written once', async (_, timing) => {
    const orgId = await insertOrganization(database);
    await failInserts(2, timing);
    await mutate(api, 'installPlatformAgent', { orgId });
    expect(await runs()).toBe(3);
    expect(await readParents(database, orgId)).toEqual({ 'Acme Agent': null });
    expect(await readOrganization(database, orgId)).toMatchObject({ openRoots: false, eventSeq: 1 });
    expect(await readEvents(database, orgId)).toHaveLength(1);
  });

  test.each([
    ['in the midst of it', 'not deferrable'],
    ['at its commit', 'initially deferred'],
  ])('%s every time is a LOCK_TIMEOUT, and nothing is written', async (_, timing) => {
    const orgId = await insertOrganization(database);
    const before = await snapshotOrganization(database, orgId);
    await failInserts(9, timing);
    const { extensions } = await refuse(api, 'installPlatformAgent', { orgId });
    expect(extensions).toEqual({ code: 'LOCK_TIMEOUT', retryable: true });
    expect(await runs()).toBe(4);
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });
});
