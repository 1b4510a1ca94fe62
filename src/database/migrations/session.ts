import pg from 'pg';
import { MigrationError } from './errors.ts';

const CONNECT_MS = 10_000;
const OLDEST_VERSION = 15;
/** How long a migration may wait for a table's lock, and hold up everybody behind it. */
export const TABLE_LOCK_MS = 10_000;

/**
 * Runs `work` on a database session of its own: a pool of one connection, which is not exchanged for another while it
 * lasts, because the session holds locks. When it breaks, so does the work.
 *
 * @throws {MigrationError} when the database cannot be reached or is too old, or breaks the session off
 */
export async function withSession<T>(url: string, work: (session: pg.Pool) => Promise<T>): Promise<T> {
  const session = new pg.Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'taproot migrations',
    lock_timeout: TABLE_LOCK_MS,
  });
  const connection = keepConnection(session);
  try {
    await requireSupported(session);
    return await work(session);
  } catch (error) {
    const broken = connection.brokenBy();
    if (broken === undefined || error instanceof MigrationError) throw error;
    throw new MigrationError(`The connection to the database broke: ${broken.message}. Start again once it answers.`, {
      cause: error,
    });
  } finally {
    connection.release();
    await session.end();
  }
}

interface KeptConnection {
  release(): void;
  brokenBy(): Error | undefined;
}

/**
 * Has all queries run on one connection. The pool would exchange it after a query that failed, or after it broke, and with it
 * what it has locked: a session without the lock would migrate beside the one that then has it.
 */
function keepConnection(session: pg.Pool): KeptConnection {
  let kept: pg.PoolClient | undefined;
  let broken: Error | undefined;
  const release = () => {
    kept?.release(true);
    kept = undefined;
  };
  const connect = async () => {
    kept = await session.connect();
    kept.on('error', (error) => {
      broken ??= error;
      release();
    });
  };
  let connecting: Promise<void> | undefined;
  session.query = (async (...args: Parameters<pg.PoolClient['query']>) => {
    connecting ??= connect();
    await connecting;
    if (kept === undefined) throw broken ?? new Error('The session is over');
    return kept.query(...args);
  }) as typeof session.query;
  return { release, brokenBy: () => broken };
}

async function requireSupported(session: pg.Pool): Promise<void> {
  const { rows } = await session
    .query("select current_setting('server_version_num')::int as version")
    .catch((error: Error) => {
      throw new MigrationError(`The database cannot be used: ${error.message || String(error)}`, {
        cause: error,
      });
    });
  const major = Math.floor(rows[0].version / 10_000);
  if (major >= OLDEST_VERSION) return;
  throw new MigrationError(
    `The database is PostgreSQL ${major}, and Taproot needs ${OLDEST_VERSION} or newer. Upgrade it, or leave ` +
      'DATABASE_URL unset to use the embedded one.',
  );
}
