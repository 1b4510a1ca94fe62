import { afterAll, expect } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import type { PrismaClient } from '../../src/generated/prisma/client.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import type { TestDatabase } from '../support/database.ts';

export type Ending = 'commit' | 'rollback';

/** A transaction that has done its work, and holds all its locks until it is told how to end. */
export interface Held<Result> {
  /** The process that serves its connection. */
  readonly pid: number;
  /** For what it is to do besides. */
  readonly tx: Transaction;
  readonly result: Result;
  /** Ends it, and resolves when it has ended. Only the first call counts. */
  end(ending: Ending): Promise<void>;
}

class RolledBack extends Error {}

/** Runs `work` in a transaction and leaves that open. */
export function hold<Result>(prisma: PrismaClient, work: (tx: Transaction) => Promise<Result>): Promise<Held<Result>> {
  return new Promise((resolve, reject) => {
    let tellEnding: (ending: Ending) => void;
    const told = new Promise<Ending>((tell) => {
      tellEnding = tell;
    });
    const transaction = prisma.$transaction(async (tx) => {
      const [{ pid }] = await tx.$queryRaw<[{ pid: number }]>`select pg_backend_pid() as pid`;
      const result = await work(tx);
      resolve({
        pid,
        tx,
        result,
        end(ending) {
          tellEnding(ending);
          return ended;
        },
      });
      if ((await told) === 'rollback') throw new RolledBack();
    });
    const ended = transaction.catch((error) => {
      if (!(error instanceof RolledBack)) throw error;
    });
    // Once it is held, whoever ends it is told.
    ended.catch(reject);
  });
}

/** Resolves once a connection waits for a lock that the connection `pid` holds. Fails when `attempt` ends without. */
export async function untilWaitsFor(database: TestDatabase, pid: number, attempt: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  attempt.then(over, over);
  await waitUntil(`a connection waits for connection ${pid}`, async () => {
    if (isOver) throw new Error('It did not wait');
    const waiting = await database.query(
      'select from pg_locks where not granted and $1 = any(pg_blocking_pids(pid)) limit 1',
      [pid],
    );
    return waiting.length > 0;
  });
}

/** Runs `first` up to its end, lets `second` come up against its locks, ends `first`, and returns what `second` does. */
export async function race<Result>(
  database: TestDatabase,
  prisma: PrismaClient,
  first: (tx: Transaction) => Promise<unknown>,
  second: () => Promise<Result>,
  ending: Ending,
): Promise<Result> {
  const held = await hold(prisma, first);
  try {
    const answer = second();
    await untilWaitsFor(database, held.pid, answer);
    await held.end(ending);
    return await answer;
  } finally {
    await held.end('rollback');
  }
}

/**
 * Lets all of these come up, one after the other, against a lock on the organization's row, then gives it free by
 * closing the connection that holds it, and returns what each answers. PostgreSQL serves those who wait for a row in the order in which they came.
 */
export async function queue<Results extends unknown[]>(
  database: TestDatabase,
  orgId: string,
  ...calls: { [Index in keyof Results]: () => Promise<Results[Index]> }
): Promise<Results> {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const answers: Promise<unknown>[] = [];
  try {
    for (const call of calls) {
      answers.push(call());
      await waitUntilBlockedBy(holder, answers.length);
    }
  } finally {
    await holder.end();
  }
  return (await Promise.all(answers)) as Results;
}

/**
 * Fails the file when PostgreSQL had to break a deadlock in its database. To be called before the clients of the file
 * are made: they report to the statistics when they are closed, which is done in reverse order.
 */
export function watchDeadlocks(database: TestDatabase): void {
  afterAll(async () => {
    await waitUntil('the clients of the server are closed', async () => {
      const connected = await database.query(
        `select from pg_stat_activity where datname = current_database() and application_name = 'taproot'`,
      );
      return connected.length === 0;
    });
    const [statistics] = await database.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    expect(Number(statistics?.deadlocks), 'deadlocks').toBe(0);
  });
}
