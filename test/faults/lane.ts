import { isDeepStrictEqual } from 'node:util';
import { afterAll, expect } from 'vitest';
import type { PrismaClient } from '../../src/generated/prisma/client.ts';
import { type Acme, expectSound } from '../concurrency/acme.ts';
import { attempt, type Outcome } from '../concurrency/calls.ts';
import { createTestApi, type TestApi } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntilConnectionsAreIdle } from '../support/idle-connections.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { readStored, type Stored } from './stored.ts';
import { type FaultPoint, openWire, type Wire } from './wire.ts';

/** A change that is tried: how its organization is made, and the call. */
export interface Change {
  readonly insert: (database: TestDatabase) => Promise<Acme>;
  readonly call: (acme: Acme) => readonly [document: string, variables: Record<string, unknown>];
  /** The one of its statements that makes it. Left out: the commit. */
  readonly decidedBy?: RegExp;
  /** The code with which the same call is refused when the change was made. Left out: it is done, and changes nothing. */
  readonly refusedAgain?: string;
  /** Whether each call makes a change of its own, one that comes to the same. */
  readonly isMadeAnew?: boolean;
}

/** What a change is like when nothing interferes. */
export interface Undisturbed {
  readonly change: Change;
  /** The statements that it takes, in their order, and which of them makes it. */
  readonly statements: readonly string[];
  readonly deciding: number;
  readonly stored: Stored;
}

/** A server whose way to the database can fail. One change is tried on it at a time. */
export interface Lane {
  readonly api: TestApi;
  readonly wire: Wire;
  readonly poolSize: number;
}

/** Short, so that silence is soon over. */
const bounds = { lockTimeoutMs: 2_000, statementTimeoutMs: 3_000, transactionTimeoutMs: 4_000, answerTimeoutMs: 500 };

/** Opens a lane. To be called outside of tests; it is closed after the last one of the file. */
export async function openLane(database: TestDatabase, poolSize: number): Promise<Lane> {
  const wire = await openWire(database.url, (pid) => database.query('select pg_terminate_backend($1)', [pid]));
  const api = createTestApi({ ...database, url: wire.url }, { ...bounds, poolSize });
  afterAll(wire.close);
  return { api, wire, poolSize };
}

/** Makes the change in an organization of its own, with nothing in its way. */
export async function makeUndisturbed(
  database: TestDatabase,
  { api, wire }: Lane,
  change: Change,
): Promise<Undisturbed> {
  const acme = await change.insert(database);
  const recording = wire.record();
  expect(await attempt(api, ...change.call(acme))).toBe('done');
  const statements = recording.stop();
  const { decidedBy = /^COMMIT$/ } = change;
  const deciding = statements.findIndex((text) => decidedBy.test(text));
  expect(deciding, 'the statement that makes the change').toBeGreaterThanOrEqual(0);
  return { change, statements, deciding, stored: await readStored(database, acme.orgId) };
}

/**
 * Makes the change, with the connection failing at the point, and expects what is promised: all of it is stored or nothing,
 * the answer is true, the same call again ends with the change made once, and the server goes on.
 */
export async function tryFault(
  database: TestDatabase,
  { api, wire }: Lane,
  undisturbed: Undisturbed,
  point: FaultPoint,
): Promise<void> {
  const { change, statements, stored } = undisturbed;
  const acme = await change.insert(database);
  const { orgId } = acme;
  const before = await snapshotOrganization(database, orgId);
  const where = `${point.fault} ${point.moment} statement ${point.statement}: ${statements[point.statement]}`;

  const failedSession = wire.failAt(point);
  const outcome = await attempt(api, ...change.call(acme));
  const pid = failedSession();
  if (pid === undefined) throw new Error(`The change never came to fail ${where}`);
  wire.settle();
  await waitUntilIdle(database, pid);

  const after = await snapshotOrganization(database, orgId);
  const isStored = !isDeepStrictEqual(after, before);
  if (isStored) expect(await readStored(database, orgId), where).toEqual(stored);
  await expectSound(database, orgId, []);
  expectTrue(outcome, isStored, undisturbed, point, where);

  const isToBeRepeated = outcome !== 'done' && (outcome['retryable'] === true || !isStored);
  if (!isToBeRepeated) return;
  const again = await attempt(api, ...change.call(acme));
  const expected = (isStored && change.refusedAgain) || 'done';
  expect(again === 'done' ? again : again.code, `${where}, called again`).toBe(expected);
  if (isStored && !change.isMadeAnew) expect(await snapshotOrganization(database, orgId), where).toEqual(after);
  expect(await readStored(database, orgId), where).toEqual(stored);
}

/** An answer that says it was done, or was not, has to be right. One that does not know may be given only where that is so. */
function expectTrue(
  outcome: Outcome,
  isStored: boolean,
  { deciding }: Undisturbed,
  { statement, moment, fault }: FaultPoint,
  where: string,
): void {
  if (outcome === 'done') {
    expect(isStored, where).toBe(true);
    return;
  }
  expect(outcome.code, where).toBe('SERVICE_UNAVAILABLE');
  const told = outcome['outcome'];
  const isLost = statement === deciding && moment !== 'after' && fault !== 'terminated';
  if (isLost) expect(told, where).toBe('UNKNOWN');
  if (told === 'UNKNOWN') {
    // The client may have sent it before it heard of what came after the statement before.
    const mayBeSent = statement === deciding || (statement === deciding - 1 && moment === 'after');
    expect(mayBeSent, `${where} is not known`).toBe(true);
    return;
  }
  expect(told, where).toBe(isStored ? 'DONE' : undefined);
  expect(outcome['retryable'], where).toBe(isStored ? undefined : true);
}

/** Expects that no session is left in a transaction, and that the pool of each lane gives all of its connections at once. */
export async function expectNoLostConnection(database: TestDatabase, lanes: readonly Lane[]): Promise<void> {
  await waitUntilConnectionsAreIdle(database);
  for (const { api, poolSize } of lanes) await holdAll(api.prisma, poolSize);
}

async function holdAll(prisma: PrismaClient, count: number): Promise<void> {
  let held = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const hold = () =>
    prisma.$transaction(async (tx) => {
      await tx.$queryRaw`select 1`;
      if (++held === count) release();
      await released;
    });
  await Promise.all(Array.from({ length: count }, hold));
}

/** Until nothing more can come of what was sent on that session. */
async function waitUntilIdle(database: TestDatabase, pid: number): Promise<void> {
  await waitUntil(`session ${pid} has nothing to do`, async () => {
    const busy = `select from pg_stat_activity where pid = $1 and state is distinct from 'idle'`;
    return (await database.query(busy, [pid])).length === 0;
  });
}
