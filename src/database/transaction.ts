import { setTimeout as delay } from 'node:timers/promises';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Transaction } from './client.ts';
import { isTransientConflict, toDomainError, unavailable } from './errors.ts';
import { mayHaveBeenDone, OutcomeUnknownError, ResultUnreadError } from './outcomes.ts';

/** How often a transaction that PostgreSQL ended for another's sake is run again. */
const maxRetries = 3;

/**
 * Runs `work` in one transaction and commits it, or rolls all of it back when it throws. After a deadlock (40P01) or
 * a serialization failure (40001) the whole of it runs again, at most three times, so `work` may have no effect outside
 * its transaction.
 *
 * @throws OutcomeUnknownError where the answer to the commit is lost. All else means that nothing was changed.
 */
export async function inTransaction<T>(prisma: PrismaClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await prisma.$transaction(work);
    } catch (error) {
      if (retry === maxRetries || !isTransientConflict(error)) throw error;
      await delay(Math.random() * 10 * 2 ** retry);
    }
  }
}

/**
 * Runs `work` on one snapshot: all it reads is as it was at a single moment, however many statements read it. It is for
 * reads, which nothing can make fail in this isolation, and so it is never run again.
 */
export async function inSnapshot<T>(prisma: PrismaClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
  try {
    return await prisma.$transaction(work, { isolationLevel: 'RepeatableRead' });
  } catch (error) {
    // It had nothing to commit.
    throw error instanceof OutcomeUnknownError ? unavailable({ cause: error.cause }) : error;
  }
}

/**
 * Runs a change that opens no transaction: its one statement commits itself.
 *
 * @param isBegun whether part of the change was made before, so that no failure means that nothing was changed
 * @throws OutcomeUnknownError where its answer is lost
 */
export async function withoutTransaction<T>(change: () => Promise<T>, isBegun = false): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const isOpen = mayHaveBeenDone(error) || (isBegun && toDomainError(error)?.retryable === true);
    throw isOpen ? new OutcomeUnknownError({ cause: error }) : error;
  }
}

/**
 * Reads what a change has made, after it was made, for the answer to it.
 *
 * @throws ResultUnreadError where the database does not answer any more
 */
export async function readingResult<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw toDomainError(error)?.code === 'SERVICE_UNAVAILABLE' ? new ResultUnreadError({ cause: error }) : error;
  }
}

/** Runs a change that would be made once more if it were called again, and advises so where its outcome is unknown. */
export async function notToRepeat<T>(advice: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    throw error instanceof OutcomeUnknownError ? new OutcomeUnknownError({ cause: error.cause }, advice) : error;
  }
}
