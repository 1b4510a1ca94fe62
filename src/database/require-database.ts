import pg from 'pg';

/** The database of DATABASE_URL cannot be used. The message says which and why, and what to do about it. */
export class DatabaseUnavailableError extends Error {
  override name = 'DatabaseUnavailableError';
}

const connectMs = 5_000;

/**
 * Connects once, so that a server that cannot work says why at its start.
 *
 * @throws {DatabaseUnavailableError} when the database is out of reach, or does not let this server in
 */
export async function requireDatabase(url: string): Promise<void> {
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectMs, application_name: 'taproot' });
    await client.connect();
  } catch (error) {
    throw new DatabaseUnavailableError(explain(error as Error & { code?: string }, client), { cause: error });
  } finally {
    await client?.end().catch(() => {});
  }
}

/** By SQLSTATE (PostgreSQL's documentation, appendix A) or by the system's code for what failed. Names no password. */
function explain(error: Error & { code?: string }, client: pg.Client | undefined): string {
  if (!client) return `DATABASE_URL cannot be used: ${error.message}.`;
  const { host, port, database, user } = client;
  const server = host.startsWith('/') ? host : `${host}:${port}`;
  switch (error.code) {
    case '28P01':
      return `The database at ${server} refuses the password of user "${user}". Correct DATABASE_URL.`;
    case '28000':
      return `The database at ${server} does not let user "${user}" in: ${error.message}. Correct DATABASE_URL.`;
    case '3D000':
      return `There is no database "${database}" at ${server}. Create it, or correct DATABASE_URL.`;
    case '53300':
      return `The database at ${server} takes no more connections. Free some, or raise its max_connections.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host "${host}" of DATABASE_URL is not known. Correct its name, or the network's name service.`;
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `Nothing answers at ${server}, where DATABASE_URL says the database is. Start it, or correct DATABASE_URL.`;
    default:
      return `The database at ${server} cannot be reached: ${error.message || error.code || error.name}. Check DATABASE_URL.`;
  }
}
