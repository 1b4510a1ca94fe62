import { setTimeout as delay } from 'node:timers/promises';
import { demo } from '../prisma/seed.ts';
import type { Config } from './config.ts';
import { serveConsole } from './console-server.ts';
import { connect } from './database/connect.ts';
import { createOrganizationWriter, writerLimits } from './database/organization-writer.ts';
import { createReplicaReader, type ReplicaReader } from './database/replica.ts';
import { isSharded } from './database/sharding.ts';
import { createOrganizationWatches } from './events/organization-watches.ts';
import type { PrismaClient } from './generated/prisma/client.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { growHeapSlowly } from './heap.ts';
import { listen } from './http-server.ts';
import { type Logger, requestContext } from './logger.ts';
import type { Prepared } from './prepare.ts';
import type { OnStop } from './service.ts';

export interface ServeOptions {
  readonly log: Logger;
  readonly onStop: OnStop;
}

/** Milliseconds within which the database has to answer for the server to be ready. */
const readinessBoundMs = 2_000;

/**
 * Serves requests from this process, on what was prepared, and resolves to where: http://127.0.0.1:4000, say.
 *
 * @throws {ConsoleMissingError | ListenError}
 */
export async function serve(
  config: Config,
  { databaseUrl, operatorToken }: Prepared,
  { log, onStop }: ServeOptions,
): Promise<string> {
  growHeapSlowly();
  const prisma = connect(config, { url: databaseUrl, log, onStop });
  const replica = await connectReplica(config, prisma, { log, onStop });

  let stopping = false;
  const watches = createOrganizationWatches(prisma, log);
  const graphql = createGraphqlServer({
    prisma,
    replica,
    sharded: await isSharded(prisma),
    write: createOrganizationWriter(prisma, writerLimits(config.databasePoolSize, config.lockTimeoutMs)),
    watches,
    operatorToken,
    limits: config.limits,
    corsOrigins: config.corsOrigins,
    log,
    graphiql: config.graphiql && {
      callersOnly: config.databaseUrl !== undefined,
      ...(config.operatorToken === undefined && { operatorToken }),
      ...(config.databaseUrl === undefined && {
        example: { orgId: demo.waiting.id, workspaceId: demo.waiting.rootId },
      }),
    },
    isReady: async () => !stopping && (await answers(prisma)),
    currentRequestId: () => requestContext.getStore()?.requestId,
  });
  const server = await listen(serveConsole(graphql), {
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
  return server.url;
}

async function connectReplica(
  config: Config,
  primary: PrismaClient,
  { log, onStop }: ServeOptions,
): Promise<ReplicaReader | undefined> {
  const { databaseReplicaUrl: url, statementTimeoutMs } = config;
  if (url === undefined) return undefined;
  // There is another database to ask, and so one that has gone silent is not waited for.
  const replica = connect(config, { url, answerTimeoutMs: statementTimeoutMs, log, onStop });
  return createReplicaReader({ primary, replica, log });
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
