import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Cluster } from './cluster.ts';
import { DataDirectoryInUseError, EmbeddedPostgresError } from './errors.ts';
import { poll } from './poll.ts';
import { isAlive, isPostmaster, readPostmaster, removeStaleLock, stopPostmaster } from './postmaster.ts';

// A data directory belongs to the server whose session holds this advisory lock in the database `postgres` of the
// PostgreSQL that runs on it. PostgreSQL lets one instance run on a directory and ends the session with the server's
// process, so the lock tells a live owner from an orphaned PostgreSQL, and decides between servers that start at once.
const LOCK = [1_952_542_831, 1] as const;
const OWNER = /^taproot server (\d+)$/;

const PREDECESSOR_MS = 60_000;
// For so long a PostgreSQL that is just starting might listen nowhere, or its lock file be empty.
const SILENT_MS = 5_000;
const EMPTY_MS = 1_000;
const JUST_STARTED_SECONDS = 2;

/** What came of asking the PostgreSQL at a port for the lock. */
export type Claim =
  | { state: 'granted'; session: pg.Client }
  | { state: 'held'; by: number | undefined }
  /** It serves another directory, or is no PostgreSQL at all: the port was used again. */
  | { state: 'stranger' }
  /** Nothing listens. */
  | { state: 'silent' }
  /** It is starting, stopping or overloaded. */
  | { state: 'busy' };

const STRANGER: Claim = { state: 'stranger' };
const INVALID_AUTHORIZATION = '28';

/**
 * Asks the PostgreSQL at the port for the lock of the data directory, and never waits for it. A PostgreSQL that another
 * server has only just started (`ours` is false) is busy: that server is about to ask for the lock itself.
 */
export async function claim(cluster: Cluster, port: number, ours: boolean): Promise<Claim> {
  const session = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: cluster.password,
    database: 'postgres',
    application_name: `taproot server ${process.pid}`,
    connectionTimeoutMillis: 5_000,
    ssl: false,
  });
  // A session may end at any time, with the PostgreSQL it belongs to. Whoever cares listens for its end.
  session.on('error', () => {});
  try {
    await session.connect();
    const answer = (await servesDirectory(session, cluster)) ? await tryLock(session, ours) : STRANGER;
    if (answer) {
      await session.end();
      return answer;
    }
    return { state: 'granted', session };
  } catch (error) {
    await session.end().catch(() => undefined);
    if (error instanceof EmbeddedPostgresError) throw error;
    const { code } = error as { code?: string };
    if (code === 'ECONNREFUSED') return { state: 'silent' };
    return code?.startsWith(INVALID_AUTHORIZATION) ? STRANGER : { state: 'busy' };
  }
}

/**
 * Makes way for a new PostgreSQL on the data directory: waits for one that is stopping, stops one that was orphaned,
 * and removes a lock file that would keep a new one from starting for no reason.
 *
 * @throws {DataDirectoryInUseError} when a live server owns it
 */
export async function settlePredecessor(cluster: Cluster): Promise<void> {
  let unheardSince: number | undefined;
  const settled = await poll(PREDECESSOR_MS, async () => {
    const postmaster = await readPostmaster(cluster.data);
    if (!postmaster) return true;
    if (postmaster.pid > 0 && !isAlive(postmaster.pid)) return true;

    const found = (await isPostmaster(postmaster.pid)) ? await claim(cluster, postmaster.port, false) : STRANGER;
    if (found.state === 'granted') {
      await stopPostmaster(postmaster.pid);
      return true;
    }
    // The session of a server that has just died may last a moment longer than its process.
    if (found.state === 'held' && found.by !== undefined && isAlive(found.by)) {
      throw new DataDirectoryInUseError(cluster.data, found.by);
    }
    if (found.state === 'held' || found.state === 'busy') return undefined;

    unheardSince ??= performance.now();
    const patience = found.state === 'silent' ? SILENT_MS : postmaster.pid > 0 ? 0 : EMPTY_MS;
    if (performance.now() - unheardSince < patience) return undefined;
    await removeStaleLock(cluster.data, postmaster);
    return true;
  });
  if (!settled) throw new DataDirectoryInUseError(cluster.data);
}

/**
 * Keeps the lock for as long as the server lives, with a new session whenever the last one ends: PostgreSQL ends all of
 * them when one of its processes crashes.
 */
export function keepOwnership(cluster: Cluster, port: number, session: pg.Client, over: AbortSignal): void {
  (session as pg.Client & { unref(): void }).unref();
  session.once('end', async () => {
    const next = await poll(PREDECESSOR_MS, async () => {
      if (over.aborted) return 'over';
      const answer = await claim(cluster, port, true).catch(() => undefined);
      return answer?.state === 'granted' ? answer.session : undefined;
    });
    if (next instanceof pg.Client) keepOwnership(cluster, port, next, over);
  });
}

/** Whether the session's PostgreSQL runs on this very directory, not on another one that this is a copy of. */
async function servesDirectory(session: pg.Client, cluster: Cluster): Promise<boolean> {
  const name = `taproot.${randomUUID()}`;
  const file = join(cluster.data, name);
  try {
    await writeFile(file, '').catch((error: Error) => {
      throw new EmbeddedPostgresError(`Nothing can be written to ${cluster.data}: ${error.message}`, { cause: error });
    });
    const { rowCount } = await session.query('select from pg_stat_file($1, true) where size is not null', [name]);
    return rowCount === 1;
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(session: pg.Client, ours: boolean): Promise<Claim | undefined> {
  const { rows } = await session.query(
    `select case when $3 or pg_postmaster_start_time() < now() - make_interval(secs => $4)
            then pg_try_advisory_lock($1, $2) end as granted`,
    [...LOCK, ours, JUST_STARTED_SECONDS],
  );
  if (rows[0].granted) return undefined;
  const holders = await session.query(
    `select application_name from pg_stat_activity join pg_locks using (pid)
      where locktype = 'advisory' and classid = $1 and objid = $2 and granted`,
    [...LOCK],
  );
  if (holders.rows.length === 0) return { state: 'busy' };
  const pid = OWNER.exec(holders.rows[0].application_name)?.[1];
  return { state: 'held', by: pid === undefined ? undefined : Number(pid) };
}
