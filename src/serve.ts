import { demo } from '../prisma/seed.ts';
import type { Config } from './config.ts';
import { serveConsole } from './console-server.ts';
import type { PoolFigures } from './database/client.ts';
import { type ConnectOptions, connect } from './database/connect.ts';
import { createOrganizationWriter, writerLimits } from './database/organization-writer.ts';
import { createReplicaReader, type ReplicaReader } from './database/replica.ts';
import { isSharded } from './database/sharding.ts';
import { createOrganizationWatches } from './events/organization-watches.ts';
import type { PrismaClient } from './generated/prisma/client.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { growHeapSlowly } from './heap.ts';
import { listen } from './http-server.ts';
import { type Instrument, tellAll } from './instruments.ts';
import { type Logger, requestContext } from './logger.ts';
import type { MetricsSnapshot } from './metrics/metrics.ts';
import type { Prepared } from './prepare.ts';
import { createReadiness } from './readiness.ts';
import { logRequests } from './request-log.ts';
import type { OnStop } from './service.ts';
import { wrapAll } from './wrap-all.ts';

export interface ServeOptions {
  readonly log: Logger;
  readonly onStop: OnStop;
}

/** What all processes that serve have counted, with one snapshot for each or for several; and how many told theirs. */
export type ReadMetrics = () => Promise<{ readonly snapshots: readonly MetricsSnapshot[]; readonly serving: number }>;

export interface Serving {
  /** Where requests are served: http://127.0.0.1:4000, say. */
  readonly url: string;
  /** Nothing is there to read without METRICS_PORT. */
  readonly readMetrics: ReadMetrics;
}

/**
 * Serves requests from this process, on what was prepared.
 *
 * @throws {ConsoleMissingError | ListenError}
 */
export async function serve(
  config: Config,
  { databaseUrl, operatorToken }: Prepared,
  { log, onStop }: ServeOptions,
): Promise<Serving> {
  growHeapSlowly();
  const metrics = config.metricsPort === undefined ? undefined : (await import('./metrics/metrics.ts')).createMetrics();
  const tracing = await startTracing(config, log, onStop);
  const instruments = [metrics?.instrument, tracing].flatMap((instrument) => instrument ?? []);
  const onStatement = tellAll(instruments.map((instrument) => instrument.onStatement));
  const watched = (database: 'primary' | 'replica') => ({
    onStatement,
    onPool: (pool: PoolFigures) => {
      for (const instrument of instruments) instrument.onPool?.(database, pool);
    },
  });
  const prisma = connect(config, { url: databaseUrl, ...watched('primary'), log, onStop });
  const replica = await connectReplica(config, prisma, { ...watched('replica'), log, onStop });

  let stopping = false;
  const databaseAnswers = createReadiness(prisma);
  const watches = createOrganizationWatches(prisma, log);
  const graphql = createGraphqlServer({
    prisma,
    replica,
    sharded: await isSharded(prisma),
    write: wrapAll(
      createOrganizationWriter(prisma, writerLimits(config.databasePoolSize, config.lockTimeoutMs)),
      instruments.map(({ aroundWrites }) => aroundWrites),
    ),
    watches,
    operatorToken,
    operatorTokenPrevious: config.operatorTokenPrevious,
    limits: config.limits,
    corsOrigins: config.corsOrigins,
    observers: instruments.map(({ operations }) => operations),
    outcomes: metrics?.instrument.outcomes,
    log,
    graphiql: config.graphiql && {
      callersOnly: config.databaseUrl !== undefined,
      ...(config.operatorToken === undefined && { operatorToken }),
      ...(config.databaseUrl === undefined && {
        example: { orgId: demo.waiting.id, workspaceId: demo.waiting.rootId },
      }),
    },
    isReady: async () => !stopping && (await databaseAnswers()),
    currentRequestId: () => requestContext.getStore()?.requestId,
  });
  const handler = wrapAll(
    logRequests(serveConsole(graphql), log),
    instruments.map(({ aroundRequests }) => aroundRequests),
  );
  const server = await listen(handler, {
    host: config.host,
    port: config.port,
    requestTimeoutMs: config.limits.requestTimeoutMs,
    log,
  });
  onStop(() => server.close(config.shutdownGraceSeconds * 1000));
  onStop(async () => {
    stopping = true;
    // Before the server waits for running requests: subscriptions end only here.
    watches.close();
  });
  const readMetrics = async () => ({ snapshots: metrics === undefined ? [] : [await metrics.read()], serving: 1 });
  return { url: server.url, readMetrics };
}

/** Nothing of OpenTelemetry is even loaded unless somebody is to have the traces. */
async function startTracing(
  { traceEndpoint: endpoint }: Config,
  log: Logger,
  onStop: OnStop,
): Promise<Instrument | undefined> {
  if (endpoint === undefined) return undefined;
  const { createTracing } = await import('./tracing/tracing.ts');
  const { instrument, stop } = createTracing({ endpoint, log });
  onStop(stop);
  return instrument;
}

async function connectReplica(
  config: Config,
  primary: PrismaClient,
  { log, onStop, ...watched }: ServeOptions & Pick<ConnectOptions, 'onStatement' | 'onPool'>,
): Promise<ReplicaReader | undefined> {
  const { databaseReplicaUrl: url, statementTimeoutMs } = config;
  if (url === undefined) return undefined;
  // There is another database to ask, and so one that has gone silent is not waited for.
  const replica = connect(config, { url, answerTimeoutMs: statementTimeoutMs, ...watched, log, onStop });
  return createReplicaReader({ primary, replica, log });
}
