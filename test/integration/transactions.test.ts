import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import { inSnapshot, inTransaction } from '../../src/database/transaction.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { observeStatements, recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
// One connection: whatever a transaction leaves behind on it, the next one meets.
const { prisma } = createTestApi(database, { poolSize: 1 });
watchNeighbour(database);

const create = (tx: Transaction, name: string) => tx.organization.create({ data: { id: randomUUID(), name } });
const count = (tx: Transaction, name: string) => tx.organization.count({ where: { name } });
const fail = (tx: Transaction) => tx.$executeRaw`do $$ begin raise exception 'no'; end $$`;

/** Expects that the connection is as if there had been no transaction on it. */
async function expectNoneOpen(): Promise<void> {
  const connections = await database.query(
    `select state from pg_stat_activity where datname = current_database() and application_name = 'taproot'`,
  );
  expect(connections).toEqual([{ state: 'idle' }]);
  const [{ isolation }] = await prisma.$queryRaw<[{ isolation: string }]>`
    select current_setting('transaction_isolation') as isolation`;
  expect(isolation).toBe('read committed');
}

test('a transaction is opened together with its first statement', async () => {
  const sent: string[] = [];
  const stop = observeStatements(({ text }) => sent.push(text));
  try {
    await inTransaction(prisma, async (tx) => {
      expect(sent).toEqual([]);
      await tx.$queryRaw`select 1`;
      await tx.$queryRaw`select 2`;
    });
  } finally {
    stop();
  }
  expect(sent).toEqual(['BEGIN', 'select 1', 'select 2', 'COMMIT']);
});

test('a transaction that does nothing sends nothing, however it ends', async () => {
  const refuse = () => inTransaction(prisma, () => Promise.reject(new RangeError('no')));
  const sent = await recordStatements(async () => {
    expect(await inTransaction(prisma, async () => 'done')).toBe('done');
    expect(await inSnapshot(prisma, async () => 'read')).toBe('read');
    await expect(refuse()).rejects.toThrow(RangeError);
  });
  expect(sent).toEqual([]);
  await expectNoneOpen();
});

test('a transaction is rolled back as a whole when its work fails', async () => {
  const work = inTransaction(prisma, async (tx) => {
    await create(tx, 'Undone');
    throw new RangeError('no');
  });
  await expect(work).rejects.toThrow(RangeError);
  expect(await count(prisma, 'Undone')).toBe(0);
  await expectNoneOpen();
});

test('a first statement that fails leaves no transaction behind', async () => {
  for (const open of [inTransaction, inSnapshot]) {
    await expect(open(prisma, fail)).rejects.toThrow();
    await expectNoneOpen();
    await inTransaction(prisma, (tx) => create(tx, `After ${open.name}`));
    expect(await database.query('select from organizations where name = $1', [`After ${open.name}`])).toHaveLength(1);
  }
});

test('a snapshot shows nothing of what is committed after its first statement, and does not outlive its transaction', async () => {
  const insert = () => insertOrganization(database, { name: 'Later' });
  await inSnapshot(prisma, async (tx) => {
    expect(await count(tx, 'Later')).toBe(0);
    await insert();
    expect(await count(tx, 'Later')).toBe(0);
    const [{ isolation }] = await tx.$queryRaw<[{ isolation: string }]>`
      select current_setting('transaction_isolation') as isolation`;
    expect(isolation).toBe('repeatable read');
  });
  await inTransaction(prisma, async (tx) => {
    expect(await count(tx, 'Later')).toBe(1);
    await insert();
    expect(await count(tx, 'Later')).toBe(2);
  });
  await expectNoneOpen();
});

test('a commit does not pass for done where a statement had failed that nobody cared about', async () => {
  const work = inTransaction(prisma, async (tx) => {
    await create(tx, 'Lost');
    await fail(tx).catch(() => {});
  });
  await expect(work).rejects.toThrow('rolled back');
  expect(await count(prisma, 'Lost')).toBe(0);
  await expectNoneOpen();
});
