import pg from 'pg';
import { type DatabaseAddress, DatabaseUnavailableError, explainFailure } from './database-unavailable.ts';
import { requirePreparedStatements, requireSameDatabase, requireTimeouts } from './session-checks.ts';
import { type SessionTimeouts, settingsOf } from './session-timeouts.ts';

export interface RequiredDatabase extends SessionTimeouts {
  readonly databaseUrl: string;
  /** The PostgreSQL behind the pooler that `databaseUrl` leads through. Undefined: there is none in between. */
  readonly directDatabaseUrl: string | undefined;
}

const connectMs = 5_000;

/**
 * Connects once, so that a server that cannot work says why at its start, and not with its first requests: the database
 * is out of reach, or a pooler in between does not keep what the server relies on.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function requireDatabase(database: RequiredDatabase): Promise<void> {
  const { databaseUrl, directDatabaseUrl } = database;
  const sessionSettings = settingsOf(database);
  if (directDatabaseUrl === undefined) {
    return withConnection({ setting: 'DATABASE_URL', url: databaseUrl, sessionSettings }, (session) =>
      requireTimeouts(session, database, false),
    );
  }
  const pooled = { setting: 'DATABASE_URL', url: databaseUrl } as const;
  // A pooler would refuse the settings: so it shows that there is none on this way.
  await withConnection({ setting: 'DIRECT_DATABASE_URL', url: directDatabaseUrl, sessionSettings }, (direct) =>
    withConnection(pooled, async (session) => {
      await requireSameDatabase(session, direct);
      await requireTimeouts(session, database, true);
      await withConnection(pooled, (other) => requirePreparedStatements(session, other));
    }),
  );
}

async function withConnection(address: DatabaseAddress, work: (session: pg.Client) => Promise<void>): Promise<void> {
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({
      connectionString: address.url,
      connectionTimeoutMillis: connectMs,
      query_timeout: connectMs,
      application_name: 'taproot',
      ...address.sessionSettings,
    });
    // One that breaks fails the query that is under way, which tells all there is to tell.
    client.on('error', () => {});
    await client.connect();
    await work(client);
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    throw new DatabaseUnavailableError(explainFailure(error as Error & { code?: string }, address, client), {
      cause: error,
    });
  } finally {
    await client?.end().catch(() => {});
  }
}
