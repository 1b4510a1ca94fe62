import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Logger } from '../logger.ts';

/**
 * Runs a read that may be somewhat old: on the replica, or on the primary while the replica cannot serve. It is asked for
 * explicitly, read by read. An extension that sends every read to the replica unless told otherwise would be wrong by
 * default: about tokens, plugins, status, and what was installed a moment ago.
 */
export type ReplicaReader = <T>(read: (prisma: PrismaClient) => Promise<T>) => Promise<T>;

export interface ReplicaOptions {
  readonly primary: PrismaClient;
  readonly replica: PrismaClient;
  readonly log: Logger;
  /** Milliseconds between two looks at whether the replica is what it should be, and after a failure until it is tried again. */
  readonly checkMs?: number;
}

const usualCheckMs = 10_000;

/**
 * A reader on a replica, which is looked at before it is used, and from time to time. No read fails, or is wrong, because
 * the replica is out of reach or no standby of the primary (any more): then the primary serves. Both changes are logged.
 */
export async function createReplicaReader(options: ReplicaOptions): Promise<ReplicaReader> {
  const { primary, replica, log, checkMs = usualCheckMs } = options;
  let serves: boolean | undefined;
  let checkedAt = 0;

  const note = (problem?: unknown): void => {
    if (problem === undefined && serves !== true) log.info('The replica serves');
    if (problem !== undefined && serves !== false) {
      log.warn(
        { err: problem },
        'The replica of DATABASE_REPLICA_URL cannot serve; the primary does, and it is tried again',
      );
    }
    serves = problem === undefined;
  };
  const check = async (): Promise<void> => {
    // Before the answer, so that one read looks while the others go by what is known.
    checkedAt = performance.now();
    await requireStandby(replica, primary).then(() => note(), note);
  };

  await check();
  return async (read) => {
    if (performance.now() - checkedAt >= checkMs) await check();
    if (!serves) return read(primary);
    try {
      return await read(replica);
    } catch (error) {
      note(error);
      checkedAt = performance.now();
      return read(primary);
    }
  };
}

/** It would go on answering with what it once knew. */
class NoStandbyError extends Error {
  override name = 'NoStandbyError';
}

async function requireStandby(replica: PrismaClient, primary: PrismaClient): Promise<void> {
  const [state] = await replica.$queryRaw<{ standby: boolean }[]>`select pg_is_in_recovery() as standby`;
  if (!state?.standby) {
    throw new NoStandbyError('It is no standby, or was promoted. Set DATABASE_REPLICA_URL to a streaming standby.');
  }
  if ((await identify(replica)) !== (await identify(primary))) {
    throw new NoStandbyError('It is a standby of another database. Set DATABASE_REPLICA_URL to one of DATABASE_URL.');
  }
}

/** The same for a primary and its physical standbys. */
async function identify(prisma: PrismaClient): Promise<string | undefined> {
  const [row] = await prisma.$queryRaw<{ identity: string }[]>`
    select format('%s %s', system_identifier, current_database()) as identity
    from pg_control_system()`;
  return row?.identity;
}
