import type pg from 'pg';

/** A database cannot be used. The message says which and why, and what to do about it. */
export class DatabaseUnavailableError extends Error {
  override name = 'DatabaseUnavailableError';
}

/** A database as the configuration names it. */
export interface DatabaseAddress {
  readonly setting: 'DATABASE_URL' | 'DIRECT_DATABASE_URL';
  readonly url: string;
  /** What a connection sets when it begins. */
  readonly sessionSettings?: Readonly<Record<string, number>>;
}

/**
 * Says why a connection failed, by SQLSTATE (PostgreSQL's documentation, appendix A) or by the system's code for it. Names
 * no password. `client` is undefined when not even that could be made of the URL.
 */
export function explainFailure(
  error: Error & { code?: string },
  address: DatabaseAddress,
  client: pg.Client | undefined,
): string {
  const { setting } = address;
  if (!client) return `${setting} cannot be used: ${error.message}.`;
  const { host, port, database, user } = client;
  const server = host.startsWith('/') ? host : `${host}:${port}`;
  switch (error.code) {
    case '28P01':
      return `The database at ${server} refuses the password of user "${user}". Correct ${setting}.`;
    case '28000':
      return `The database at ${server} does not let user "${user}" in: ${error.message}. Correct ${setting}.`;
    case '3D000':
      return `There is no database "${database}" at ${server}. Create it, or correct ${setting}.`;
    case '53300':
      return `The database at ${server} takes no more connections. Free some, or raise its max_connections.`;
    case '08P01':
      return `The pooler at ${server} answers: ${error.message}. ${adviseOnPooler(address)}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host "${host}" of ${setting} is not known. Correct its name, or the network's name service.`;
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `Nothing answers at ${server}, where ${setting} says the database is. Start it, or correct ${setting}.`;
    default:
      return `The database at ${server} cannot be reached: ${error.message || error.code || error.name}. Check ${setting}.`;
  }
}

/** PgBouncer has one SQLSTATE for nearly all that it says itself, a setting that it does not pass on included. */
function adviseOnPooler({ setting, sessionSettings }: DatabaseAddress): string {
  if (setting === 'DIRECT_DATABASE_URL') return 'Set DIRECT_DATABASE_URL to PostgreSQL itself.';
  return sessionSettings === undefined
    ? 'See to it that the pooler reaches its database, or correct DATABASE_URL.'
    : 'Set DIRECT_DATABASE_URL to the PostgreSQL behind it: then nothing is asked of the pooler that it cannot do.';
}
