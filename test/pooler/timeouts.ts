import type { TestDatabase } from '../support/database.ts';

/** Time-outs as a server is configured with them. */
export const timeouts = { LOCK_TIMEOUT_MS: '5000', STATEMENT_TIMEOUT_MS: '8000', TRANSACTION_TIMEOUT_MS: '10000' };

/** Has the new sessions of the database hold the time-outs, as an operator would. */
export async function holdTimeouts(database: TestDatabase, held = timeouts): Promise<void> {
  const { username, pathname } = new URL(database.url);
  const settings = {
    lock_timeout: held.LOCK_TIMEOUT_MS,
    statement_timeout: held.STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: held.TRANSACTION_TIMEOUT_MS,
  };
  for (const [name, milliseconds] of Object.entries(settings)) {
    await database.query(`alter role ${username} in database ${pathname.slice(1)} set ${name} = '${milliseconds}ms'`);
  }
}
