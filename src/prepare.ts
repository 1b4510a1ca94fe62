import type { Config } from './config.ts';
import { connect } from './database/connect.ts';
import { warnOfScarceConnections } from './database/connection-limit.ts';
import { startEmbeddedPostgres } from './database/embedded/server.ts';
import { applyMigrations } from './database/migrations.ts';
import { requireDatabase } from './database/require-database.ts';
import { writeStatusWindows } from './database/status-windows.ts';
import { runDemo } from './demo.ts';
import type { Logger } from './logger.ts';
import { keptOperatorToken } from './operator-token.ts';
import type { OnStop } from './service.ts';

/** What every process that serves has to know beside the settings. */
export interface Prepared {
  /** The migrated database, as a connection URL. */
  readonly databaseUrl: string;
  readonly operatorToken: string;
}

export interface PrepareOptions {
  readonly log: Logger;
  readonly onStop: OnStop;
  /** Called when the server cannot go on, because its embedded PostgreSQL ended by itself. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Does what is to be done once, however many processes serve: the database with its schema and settings, the operator
 * token, and the play of the demo.
 *
 * @throws {DatabaseUnavailableError | EmbeddedPostgresError | OperatorTokenError | MigrationError}
 */
export async function prepare(config: Config, { log, onStop, onFailure }: PrepareOptions): Promise<Prepared> {
  const startDatabase = async () => {
    const postgres = await startEmbeddedPostgres({ directory: config.dataDirectory, onExit: onFailure });
    onStop(postgres.stop);
    return postgres.url;
  };
  const databaseUrl = config.databaseUrl ?? (await startDatabase());
  if (config.databaseUrl !== undefined) await requireDatabase({ ...config, databaseUrl });
  const operatorToken = config.operatorToken ?? (await keptOperatorToken(config.dataDirectory));
  const applied = await applyMigrations(config.directDatabaseUrl ?? databaseUrl);
  if (applied.length > 0) log.info({ migrations: applied }, 'Migrated the database');

  const prisma = connect(config, { url: databaseUrl, poolSize: 1, log, onStop });
  await warnOfScarceConnections(prisma, config, log);
  await writeStatusWindows(prisma, config, log);
  if (config.databaseUrl === undefined) onStop(await runDemo(prisma, log));
  return { databaseUrl, operatorToken };
}
