import { Semaphore, withTimeout } from 'async-mutex';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Transaction } from './client.ts';
import { LockTimeoutError, ServiceUnavailableError } from './errors.ts';
import { inTransaction } from './transaction.ts';

/** Runs `work` in one transaction, as `inTransaction` does, for a structural write to one organization. */
export type OrganizationWriter = <T>(orgId: string, work: (tx: Transaction) => Promise<T>) => Promise<T>;

export interface WriterLimits {
  /** Transactions of one organization that may be open at once: one that works, and one that is next. */
  readonly perOrganization: number;
  /** Transactions of all organizations that may be open at once. */
  readonly inAll: number;
  /** Milliseconds that a write waits for its turn. */
  readonly waitMs: number;
}

/** Connections of the pool that structural writes leave to reads, heartbeats and the readiness check. */
const reservedConnections = 2;

/** The limits for a pool of this size. */
export function writerLimits(poolSize: number, waitMs: number): WriterLimits {
  const inAll = Math.max(1, poolSize - reservedConnections);
  return { perOrganization: Math.max(1, Math.min(2, inAll - 1)), inAll, waitMs };
}

/**
 * Lets the writes of one organization wait for each other before they take a connection, not while they hold one: they
 * are serial in any case, and an organization with many writers must not leave the others without connections. It makes
 * nothing safe, which is the locks' work, and knows nothing of other servers.
 *
 * @throws LockTimeoutError, ServiceUnavailableError when its turn does not come in time; then nothing was begun
 */
export function createOrganizationWriter(prisma: PrismaClient, limits: WriterLimits): OrganizationWriter {
  // Made once: to make an error for every write, in case it is needed, costs more than all of its waiting.
  const [busyError, queuedError] = [new ServiceUnavailableError(busy), new LockTimeoutError(queued)];
  const all = withTimeout(new Semaphore(limits.inAll), limits.waitMs, busyError);
  const queues = new Map<string, Semaphore>();
  return async (orgId, work) => {
    const queue = queues.get(orgId) ?? new Semaphore(limits.perOrganization);
    queues.set(orgId, queue);
    try {
      return await withTimeout(queue, limits.waitMs, queuedError).runExclusive(() =>
        all.runExclusive(() => inTransaction(prisma, work)),
      );
    } finally {
      // Nobody works or waits any more.
      if (queue.getValue() === limits.perOrganization && queues.get(orgId) === queue) queues.delete(orgId);
    }
  };
}

const queued = 'Other changes to this organization are still running. Try again.';
const busy = 'The server has too many changes to make at once. Try again in a moment.';
