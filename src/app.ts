import { setTimeout as delay } from 'node:timers/promises';
import { demo } from '../prisma/seed.ts';
import type { Config } from './config.ts';
import { serveConsole } from './console-server.ts';
import { createPrismaClient } from './database/client.ts';
import { startEmbeddedPostgres } from './database/embedded/server.ts';
import { applyMigrations } from './database/migrations.ts';
import { createOrganizationWriter, writerLimits } from './database/organization-writer.ts';
import { createReplicaReader } from './database/replica.ts';
import { requireDatabase } from './database/require-database.ts';
import { writeStatusWindows } from './database/status-windows.ts';
import { runDemo } from './demo.ts';
import { createOrganizationWatches } from './events/organization-watches.ts';
import type { PrismaClient } from './generated/prisma/client.ts';
import { graphiqlKey } from './graphql/graphiql.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { listen } from './http-server.ts';
import { type Logger, requestContext } from './logger.ts';
import { keptOperatorToken } from './operator-token.ts';

export interface App {
  /**
   * Starts everything, and resolves when requests are served. What was started is stopped again when a later part fails.
   *
   * @throws {DatabaseUnavailableError | EmbeddedPostgresError | OperatorTokenError | MigrationError |
   * ConsoleMissingError | ListenError} whose messages say what to do
   */
  start(): Promise<RunningApp>;
  /** Finishes the running requests, then stops everything. May be called at any time, and again. */
  stop(): Promise<void>;
}

export interface RunningApp {
  /** Where the server answers, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Where GraphiQL is, if it is served: with the key to the operator token, where that was made up here. */
  readonly graphiqlUrl: string | undefined;
  readonly operatorToken: string;
}

export interface AppOptions {
  readonly log: Logger;
  /** Called when the server cannot go on, because its embedded PostgreSQL ended by itself. */
  readonly onFailure: (error: Error) => void;
}

/** Milliseconds within which the database has to answer for the server to be ready. */
const readinessBoundMs = 2_000;

/** The whole server: the database, its schema, and the HTTP server in front of them. */
export function createApp(config: Config, { log, onFailure }: AppOptions): App {
  const releases: (() => Promise<unknown>)[] = [];
  let started: Promise<RunningApp> | undefined;
  let stopped: Promise<void> | undefined;

  const start = async (): Promise<RunningApp> => {
    const databaseUrl = config.databaseUrl ?? (await startDatabase());
    if (config.databaseUrl !== undefined) await requireDatabase({ ...config, databaseUrl });
    const operatorToken = config.operatorToken ?? (await keptOperatorToken(config.dataDirectory));
    const applied = await applyMigrations(config.directDatabaseUrl ?? databaseUrl);
    if (applied.length > 0) log.info({ migrations: applied }, 'Migrated the database');

    const prisma = connect(databaseUrl);
    await writeStatusWindows(prisma, config, log);
    if (config.databaseUrl === undefined) releases.push(await runDemo(prisma, log));

    const replica = await connectReplica(prisma);
    const watches = createOrganizationWatches(prisma, log);
    const graphql = createGraphqlServer({
      prisma,
      replica,
      write: createOrganizationWriter(prisma, writerLimits(config.databasePoolSize, config.lockTimeoutMs)),
      watches,
      operatorToken,
      log,
      graphiql: config.graphiql && {
        ...(config.operatorToken === undefined && { operatorToken }),
        ...(config.databaseUrl === undefined && {
          example: { orgId: demo.waiting.id, workspaceId: demo.waiting.rootId },
        }),
      },
      isReady: async () => !stopped && (await answers(prisma)),
      currentRequestId: () => requestContext.getStore()?.requestId,
    });
    const server = await listen(serveConsole(graphql), { host: config.host, port: config.port, log });
    releases.push(() => server.close(config.shutdownGraceSeconds * 1000));
    // Before the server waits for running requests: subscriptions end only here.
    releases.push(async () => watches.close());
    const key = config.operatorToken === undefined ? `?key=${graphiqlKey(operatorToken)}` : '';
    return {
      url: server.url,
      graphiqlUrl: config.graphiql ? `${server.url}/graphql${key}` : undefined,
      operatorToken,
    };
  };

  const connect = (url: string, options: { answerTimeoutMs?: number } = {}) => {
    const prisma = createPrismaClient({
      url,
      poolSize: config.databasePoolSize,
      lockTimeoutMs: config.lockTimeoutMs,
      statementTimeoutMs: config.statementTimeoutMs,
      transactionTimeoutMs: config.transactionTimeoutMs,
      // A standby holds the time-outs as well: it copies the settings of roles.
      pooled: config.directDatabaseUrl !== undefined,
      onConnectionError: (error) => log.warn({ err: error }, 'A connection to the database broke'),
      ...options,
    });
    releases.push(() => prisma.$disconnect());
    return prisma;
  };

  const connectReplica = async (primary: PrismaClient) => {
    if (config.databaseReplicaUrl === undefined) return undefined;
    // There is another database to ask, and so one that has gone silent is not waited for.
    const replica = connect(config.databaseReplicaUrl, { answerTimeoutMs: config.statementTimeoutMs });
    return createReplicaReader({ primary, replica, log });
  };

  const startDatabase = async () => {
    const postgres = await startEmbeddedPostgres({ directory: config.dataDirectory, onExit: onFailure });
    releases.push(postgres.stop);
    return postgres.url;
  };

  const release = async () => {
    for (const releaseOne of releases.splice(0).reverse()) {
      await releaseOne().catch((error) => log.error({ err: error }, 'Something could not be stopped'));
    }
  };

  return {
    start: () =>
      (started ??= start().catch(async (error) => {
        await release();
        throw error;
      })),
    stop: () =>
      (stopped ??= (async () => {
        await started?.catch(() => undefined);
        await release();
      })()),
  };
}

async function answers(prisma: PrismaClient): Promise<boolean> {
  const late = new AbortController();
  const answer = prisma.$queryRaw`select 1`.then(
    () => true,
    () => false,
  );
  const bound = delay(readinessBoundMs, false, { signal: late.signal }).catch(() => false);
  return Promise.race([answer, bound]).finally(() => late.abort());
}
