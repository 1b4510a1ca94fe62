import pg from 'pg';
import { MigrationError } from './errors.ts';

const CONNECT_MS = 10_000;
const OLDEST_VERSION = 15;

/**
 * Runs `work` on a database session of its own: a pool of one connection, which is never exchanged for another, because
 * the session holds locks.
 *
 * @throws {MigrationError} when the database cannot be reached or is too old
 */
export async function withSession<T>(url: string, work: (session: pg.Pool) => Promise<T>): Promise<T> {
  const session = new pg.Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'taproot migrations',
  });
  // A connection that breaks fails the query that is under way, which tells all there is to tell.
  session.on('error', () => {});
  try {
    await requireSupported(session);
    return await work(session);
  } finally {
    await session.end();
  }
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
