import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../domain-error.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { toDomainError } from './errors.ts';

/** The database stopped answering in the middle of something that is made to be run again. */
export class DatabaseLostError extends Error {
  override name = 'DatabaseLostError';

  constructor(cause: unknown) {
    super('The database cannot be reached any more. What was done is kept: run this again when it is back.', { cause });
  }
}

/** How often work is tried whose failure may pass by itself, and milliseconds of the first pause. */
const maxTries = 3;
const firstPauseMs = 200;

/**
 * Does the work, and does it again a few times, after a pause, while it fails in a way that may pass by itself. What it
 * fails with in the end is about this work: the database answers others.
 *
 * @throws {DatabaseLostError} when the database does not
 */
export async function persistently<T>(prisma: PrismaClient, work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      const failure = toDomainError(error) ?? error;
      const isRetryable = failure instanceof DomainError && failure.retryable;
      if (isRetryable && tried < maxTries) {
        await delay(firstPauseMs * 2 ** (tried - 1));
        continue;
      }
      if (isRetryable || !(failure instanceof DomainError)) await requireAnswer(prisma);
      throw failure;
    }
  }
}

async function requireAnswer(prisma: PrismaClient): Promise<void> {
  try {
    await prisma.$queryRaw`select 1`;
  } catch (error) {
    throw new DatabaseLostError(error);
  }
}
