import { waitUntil } from './barriers.ts';
import type { TestDatabase } from './database.ts';

/** Until no connection of the server runs or waits for anything, nor has a transaction open. */
export async function waitUntilConnectionsAreIdle(database: TestDatabase): Promise<void> {
  await waitUntil('all connections of the server are idle', async () => {
    const busy = await database.query(
      `select from pg_stat_activity
       where datname = current_database() and application_name = 'taproot' and state <> 'idle'`,
    );
    return busy.length === 0;
  });
}
