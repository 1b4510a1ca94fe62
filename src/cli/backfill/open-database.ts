import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { createPrismaClient, type Transaction } from '../../database/client.ts';
import { DatabaseUnavailableError } from '../../database/database-unavailable.ts';
import { DataDirectoryInUseError, EmbeddedPostgresError } from '../../database/embedded/errors.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../database/embedded/server.ts';
import { requireMigrations } from '../../database/migrations.ts';
import { requireDatabase } from '../../database/require-database.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';

export interface OpenDatabase {
  readonly prisma: PrismaClient;
  close(): Promise<void>;
}

/** Milliseconds within which all connections have to be there. */
const holdMs = 60_000;

/**
 * Opens the database that a server with these settings would use, as that server leaves it: nothing is migrated, and
 * nothing seeded. All its connections are made first, so that too many show before anything is done.
 *
 * @param answerTimeoutMs after which a database that is silent is given up
 * @throws {DatabaseUnavailableError | EmbeddedPostgresError | MigrationError} whose messages say what to do
 */
export async function openDatabase(
  config: Config,
  connections: number,
  answerTimeoutMs: number,
): Promise<OpenDatabase> {
  const postgres = config.databaseUrl === undefined ? await startPostgres(config.dataDirectory) : undefined;
  const { directDatabaseUrl } = config;
  const url = postgres?.url ?? config.databaseUrl ?? '';
  let prisma: PrismaClient | undefined;
  const close = async () => {
    await prisma?.$disconnect();
    await postgres?.stop();
  };
  try {
    if (postgres === undefined) await requireDatabase({ ...config, databaseUrl: url });
    await requireMigrations(directDatabaseUrl ?? url);
    const pooled = directDatabaseUrl !== undefined;
    prisma = createPrismaClient({ ...config, url, poolSize: connections, pooled, answerTimeoutMs });
    await connectAll(prisma, connections);
    return { prisma, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startPostgres(directory: string): Promise<EmbeddedPostgres> {
  if (!existsSync(join(directory, 'postgres'))) {
    throw new EmbeddedPostgresError(
      `DATABASE_URL is not set, and no server has kept data in ${directory} either. Set DATABASE_URL or DATA_DIR to those of the server.`,
    );
  }
  return startEmbeddedPostgres({ directory }).catch((error: unknown) => {
    if (!(error instanceof DataDirectoryInUseError)) throw error;
    throw new EmbeddedPostgresError(
      `The data in ${directory} is in use by a running server${error.pid ? ` (process ${error.pid})` : ''}. ` +
        'Stop it, run this again, and start it anew; or name a database that both can use with DATABASE_URL.',
      { cause: error },
    );
  });
}

/** Makes one connection after the other, and holds a transaction open on each until there are all of them. */
async function connectAll(prisma: PrismaClient, connections: number): Promise<void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held: Promise<void>[] = [];
  const connect = () =>
    new Promise<void>((resolve, reject) => {
      const transaction = async (tx: Transaction) => {
        await tx.$executeRaw`select set_config('idle_in_transaction_session_timeout', ${String(holdMs)}, true)`;
        resolve();
        await released;
      };
      held.push(prisma.$transaction(transaction, { timeout: holdMs }).catch(reject));
    });
  let connected = 0;
  try {
    for (; connected < connections; connected++) await connect();
  } catch (error) {
    throw new DatabaseUnavailableError(
      `The database let in only ${connected} of ${connections} connections. Lower --concurrency, which takes one more than ` +
        'its number, or let the database, or the pooler before it, take more.',
      { cause: error },
    );
  } finally {
    release();
    await Promise.all(held);
  }
}
