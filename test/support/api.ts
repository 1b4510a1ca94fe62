import { afterAll } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createPrismaClient, type DatabaseOptions } from '../../src/database/client.ts';
import {
  createOrganizationWriter,
  type OrganizationWriter,
  type WriterLimits,
} from '../../src/database/organization-writer.ts';
import {
  createOrganizationWatches,
  type OrganizationWatches,
  type WatchTimes,
} from '../../src/events/organization-watches.ts';
import type { PrismaClient } from '../../src/generated/prisma/client.ts';
import type { Limits } from '../../src/graphql/limits/limits.ts';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { createLogger, requestContext } from '../../src/logger.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { TestDatabase } from './database.ts';

/** The operator's token in all tests. */
export const operatorToken = 'operator-token-of-the-tests';

export interface TestApi extends ApiClient {
  readonly prisma: PrismaClient;
  readonly write: OrganizationWriter;
  readonly watches: OrganizationWatches;
  /** Every entry of the log so far. */
  readonly logged: readonly Record<string, unknown>[];
}

/** The limits of a server on which nothing is set. */
export const { limits: defaultLimits } = readConfig({});

/** Quicker than usual, so that no test has to wait long; and no update that a test does not expect. */
const quickTimes: WatchTimes = { tickMs: 50, pulseMs: 60_000 };

interface TestApiOptions {
  writerLimits?: WriterLimits;
  watchTimes?: WatchTimes;
  sharded?: boolean;
  /** Those that are to differ from the defaults. */
  limits?: Partial<Limits>;
}

/**
 * The server on a test database: everything of it but the socket. To be called outside of tests; it is closed after the
 * last test of the file.
 */
export function createTestApi(
  database: TestDatabase,
  {
    writerLimits,
    watchTimes = quickTimes,
    sharded = false,
    limits,
    ...options
  }: Partial<DatabaseOptions> & TestApiOptions = {},
): TestApi {
  const databaseOptions = {
    url: database.url,
    poolSize: 10,
    lockTimeoutMs: 5_000,
    statementTimeoutMs: 8_000,
    transactionTimeoutMs: 10_000,
    ...options,
  };
  const prisma = createPrismaClient(databaseOptions);
  const { poolSize, lockTimeoutMs } = databaseOptions;
  // As many writers as connections, unless a test is about the queues of one server: to the database, the callers of a
  // test are clients of several servers.
  const writers = writerLimits ?? { perOrganization: poolSize, inAll: poolSize, waitMs: lockTimeoutMs };
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('debug', { write: (line) => logged.push(JSON.parse(line)) });
  const write = createOrganizationWriter(prisma, writers);
  const watches = createOrganizationWatches(prisma, log, watchTimes);
  afterAll(async () => {
    watches.close();
    await prisma.$disconnect();
  });

  const yoga = createGraphqlServer({
    prisma,
    sharded,
    write,
    watches,
    operatorToken,
    limits: { ...defaultLimits, ...limits },
    corsOrigins: [],
    log,
    graphiql: false,
    isReady: async () => true,
    currentRequestId: () => requestContext.getStore()?.requestId,
  });

  const client = createApiClient(
    async (path, init) => yoga.fetch(new URL(path, 'http://localhost'), init ?? {}),
    operatorToken,
  );
  return { ...client, prisma, write, watches, logged };
}
