import type pg from 'pg';
import { DatabaseUnavailableError } from './database-unavailable.ts';
import { type SessionTimeouts, settingsOf } from './session-timeouts.ts';

/**
 * Whether sessions hold the time-outs: without them a lock is waited for without an end. Through a pooler the server
 * cannot set them, and asks once at its start instead of setting them in every transaction.
 *
 * @throws {DatabaseUnavailableError} with the statements that help
 */
export async function requireTimeouts(session: pg.Client, timeouts: SessionTimeouts, pooled: boolean): Promise<void> {
  const expected = Object.entries(settingsOf(timeouts));
  const { rows } = await session.query<{ difference: string; remedy: string }>(
    `select format('%s is %s ms and not %s', name, setting, expected) as difference,
            format('alter role %I in database %I set %I = %L;', session_user, current_database(), name, expected || 'ms') as remedy
       from unnest($1::text[], $2::text[]) with ordinality as wanted (name, expected, position)
       join pg_settings using (name)
      where setting <> expected
      order by position`,
    [expected.map(([name]) => name), expected.map(([, milliseconds]) => String(milliseconds))],
  );
  if (rows.length === 0) return;
  const differences = rows.map(({ difference }) => difference).join(', ');
  throw new DatabaseUnavailableError(
    pooled
      ? `The database's sessions do not hold the time-outs of this server: ${differences}. Run this on the database, then ` +
          `RECONNECT in the pooler's console, so that it opens new ones:\n${rows.map(({ remedy }) => `  ${remedy}`).join('\n')}`
      : `The time-outs that the server set when it connected are not in force: ${differences}. A pooler drops them, or ` +
          'DATABASE_URL names others. Set DIRECT_DATABASE_URL to the PostgreSQL behind the pooler, or take them out of the URL.',
  );
}

/**
 * Whether both sessions are of one database, or the migrations would change another than the one that is served.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function requireSameDatabase(pooled: pg.Client, direct: pg.Client): Promise<void> {
  const [one, other] = await Promise.all([identify(pooled), identify(direct)]);
  if (one === other) return;
  throw new DatabaseUnavailableError(
    'DIRECT_DATABASE_URL leads to another database than DATABASE_URL. Correct the one that is wrong.',
  );
}

/** No two servers were started in the same microsecond. */
async function identify(session: pg.Client): Promise<string> {
  const { rows } = await session.query<{ identity: string }>(
    `select format('%s %s', oid, extract(epoch from pg_postmaster_start_time())) as identity
       from pg_database
      where datname = current_database()`,
  );
  return rows[0]?.identity ?? '';
}

/**
 * Whether a statement stays prepared from transaction to transaction, whichever session each gets. With a pooler that
 * knows nothing of them, the first finds its name unknown when it gets another session the second time; when it gets the
 * same one, so does the second, and finds the name taken.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function requirePreparedStatements(first: pg.Client, second: pg.Client): Promise<void> {
  try {
    for (const session of [first, first, second]) {
      await session.query({ name: 'taproot_check', text: 'select' });
    }
  } catch (error) {
    const { code } = error as pg.DatabaseError;
    if (code !== duplicatePreparedStatement && code !== unknownPreparedStatement) throw error;
    throw new DatabaseUnavailableError(
      'The pooler of DATABASE_URL does not keep prepared statements. In PgBouncer, 1.21 or newer, set ' +
        'max_prepared_statements to 200 or more, and restart it.',
      { cause: error },
    );
  }
}

const duplicatePreparedStatement = '42P05';
const unknownPreparedStatement = '26000';
