import { setTimeout as delay } from 'node:timers/promises';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Transaction } from './client.ts';
import { isTransientConflict } from './errors.ts';

/** How often a transaction that PostgreSQL ended for another's sake is run again. */
const maxRetries = 3;

/**
 * Runs `work` in one transaction and commits it, or rolls all of it back when it throws. After a deadlock (40P01) or
 * a serialization failure (40001) the whole of it runs again, at most three times, so `work` may have no effect outside
 * its transaction.
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
  return prisma.$transaction(work, { isolationLevel: 'RepeatableRead' });
}
