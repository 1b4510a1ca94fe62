import type { Config } from '../config.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Logger } from '../logger.ts';
import type { OnStop } from '../service.ts';
import { createPrismaClient, type DatabaseOptions } from './client.ts';

export interface ConnectOptions extends Pick<DatabaseOptions, 'url' | 'answerTimeoutMs' | 'onStatement' | 'onPool'> {
  /** Connections held at most. Default: as the settings say. */
  readonly poolSize?: number;
  readonly log: Logger;
  readonly onStop: OnStop;
}

/** Connects to a database under the bounds of the settings, until the service stops. */
export function connect(config: Config, { log, onStop, ...options }: ConnectOptions): PrismaClient {
  const prisma = createPrismaClient({
    poolSize: config.databasePoolSize,
    lockTimeoutMs: config.lockTimeoutMs,
    statementTimeoutMs: config.statementTimeoutMs,
    transactionTimeoutMs: config.transactionTimeoutMs,
    // A standby holds the time-outs as well: it copies the settings of roles.
    pooled: config.directDatabaseUrl !== undefined,
    onConnectionError: (error) => log.warn({ err: error }, 'A connection to the database broke'),
    ...options,
  });
  onStop(() => prisma.$disconnect());
  return prisma;
}
