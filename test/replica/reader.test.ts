import { afterAll, expect, test } from 'vitest';
import { createPrismaClient } from '../../src/database/client.ts';
import { createReplicaReader } from '../../src/database/replica.ts';
import type { PrismaClient } from '../../src/generated/prisma/client.ts';
import { createLogger } from '../../src/logger.ts';
import { waitUntil } from '../support/barriers.ts';
import { databaseUrl } from '../support/database.ts';
import { openGate } from '../support/gate.ts';
import { startReplication } from './replication.ts';

const replication = await startReplication();
afterAll(replication.stop);
const gate = await openGate(replication.standby.url);
afterAll(gate.close);
const primary = connect(replication.primary.url);

function connect(url: string): PrismaClient {
  const timeouts = { lockTimeoutMs: 5_000, statementTimeoutMs: 8_000, transactionTimeoutMs: 10_000 };
  const prisma = createPrismaClient({ url, poolSize: 2, ...timeouts, answerTimeoutMs: 300 });
  afterAll(() => prisma.$disconnect());
  return prisma;
}

/** A reader that looks at the replica before each read, unless told otherwise, and whether its reads reach a standby. */
async function createReader(replica: PrismaClient, checkMs = 0) {
  const logged: { level: string; msg: string; err?: { message: string } }[] = [];
  const log = createLogger('info', { write: (line) => logged.push(JSON.parse(line)) });
  const read = await createReplicaReader({ primary, replica, log, checkMs });
  const isOnStandby = () =>
    read(async (prisma) => {
      const [row] = await prisma.$queryRaw<{ standby: boolean }[]>`select pg_is_in_recovery() as standby`;
      return row?.standby;
    });
  return { read, logged, isOnStandby };
}

const replica = connect(gate.url);

test('the primary takes over while the replica is gone, and gives back when it returns', async () => {
  const { logged, isOnStandby } = await createReader(replica);
  expect(await isOnStandby()).toBe(true);
  gate.shut();
  for (let round = 0; round < 3; round++) expect(await isOnStandby()).toBe(false);
  gate.open();
  await waitUntil('the replica serves again', async () => (await isOnStandby()) === true);
  expect(logged.map(({ level }) => level)).toEqual(['info', 'warn', 'info']);
});

test('a replica that goes silent in the middle of a read is not waited for', async () => {
  const { logged, isOnStandby } = await createReader(replica, 60_000);
  expect(await isOnStandby()).toBe(true);
  gate.stall();
  expect(await isOnStandby()).toBe(false);
  gate.open();
  // It is tried again later, and not with the next read.
  expect(await isOnStandby()).toBe(false);
  expect(logged.map(({ level }) => level)).toEqual(['info', 'warn']);
});

test('what fails on both fails', async () => {
  const { read } = await createReader(replica);
  await expect(read((prisma) => prisma.$queryRaw`select 1 / 0`)).rejects.toThrow(/division by zero/);
});

test.each([
  ['the primary itself', replication.primary.url, /^It is no standby, or was promoted\. Set DATABASE_REPLICA_URL/],
  ['a standby of another database', databaseUrl(gate.url, 'template1'), /^It is a standby of another database\./],
])('%s is not used', async (_, url, problem) => {
  const { logged, isOnStandby } = await createReader(connect(url));
  expect(await isOnStandby()).toBe(false);
  expect(logged).toMatchObject([{ level: 'warn', err: { message: expect.stringMatching(problem) } }]);
});

test('a standby that is promoted is used no longer', async () => {
  const { logged, isOnStandby } = await createReader(replica);
  expect(await isOnStandby()).toBe(true);
  await replication.promote();
  await replication.primary.query(`insert into organizations (id, name) values (gen_random_uuid(), 'Later')`);
  expect(await isOnStandby()).toBe(false);
  expect(logged.at(-1)).toMatchObject({ level: 'warn', err: { message: expect.stringContaining('was promoted') } });
});
