import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { OrganizationWriter } from '../database/organization-writer.ts';
import type { ReplicaReader } from '../database/replica.ts';
import type { OrganizationWatches } from '../events/organization-watches.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { apiPath } from '../paths.ts';
import { createAuthentication } from '../tokens/authenticate.ts';
import { createHeartbeatBatches } from '../workspaces/heartbeats.ts';
import { createWorkspaceReader } from '../workspaces/workspace-rows.ts';
import { createCallers } from './callers.ts';
import { type Context, createContext } from './context.ts';
import { createCors } from './cors.ts';
import { createErrorMask, useValidationCode } from './errors.ts';
import { noHealthCheck, useExactPaths } from './exact-paths.ts';
import { type GraphiqlSettings, useGraphiql } from './graphiql.ts';
import { useJsonRequests } from './json-requests.ts';
import { createDocumentCaches, useDocumentLimits } from './limits/documents.ts';
import type { Limits } from './limits/limits.ts';
import { useOpenSubscriptions } from './limits/open-subscriptions.ts';
import { createRateLimit } from './limits/rate.ts';
import { useRequestTimeout } from './limits/request-timeout.ts';
import { type OperationObserver, observeOperations } from './observe-operations.ts';
import type { Outcomes } from './outcomes.ts';
import { notesForLog, useNamesInLog } from './request-notes.ts';
import { schema } from './schema.ts';
import { useSubscriptions } from './subscriptions.ts';
import { useUnreadResults } from './unread-results.ts';

export interface GraphqlServerOptions {
  readonly prisma: PrismaClient;
  /** Runs reads that may be somewhat old. Undefined: there is no replica. */
  readonly replica?: ReplicaReader | undefined;
  /** Whether the rows of organizations lie on several servers. */
  readonly sharded: boolean;
  /** Opens the transactions of structural writes. One for the whole process: it holds their queues. */
  readonly write: OrganizationWriter;
  /** What subscribers are told by. One for the whole process: its subscribers share it. */
  readonly watches: OrganizationWatches;
  readonly operatorToken: string;
  /** The operator's token before that one, which lets in as well. */
  readonly operatorTokenPrevious?: string | undefined;
  readonly limits: Limits;
  /** The pages of other sites that a browser lets call, by their origins. */
  readonly corsOrigins: readonly string[];
  /** Told of every operation, as the log is. */
  readonly observers?: readonly OperationObserver[];
  readonly outcomes?: Outcomes | undefined;
  readonly log: Logger;
  readonly graphiql: GraphiqlSettings;
  /** Whether requests can be served: the answer of /ready. */
  readonly isReady: () => Promise<boolean>;
  /** The id of the request under way, for the log and for errors that are masked. */
  readonly currentRequestId: () => string | undefined;
}

/** The GraphQL server at /graphql, with /health (the process is alive) and /ready (it can serve). */
export function createGraphqlServer(options: GraphqlServerOptions): YogaServerInstance<object, Context> {
  const { prisma, replica, sharded, write, watches, operatorToken, limits, log, graphiql, isReady } = options;
  const { operatorTokenPrevious: previous, observers = [], outcomes } = options;
  const authenticate = createAuthentication(prisma, { current: operatorToken, previous }, sharded);
  const callers = createCallers(authenticate, createRateLimit(limits, log));
  const operations = observeOperations([notesForLog, ...observers]);
  const maskError = createErrorMask(log, options.currentRequestId);
  const shared = {
    prisma,
    replica,
    write,
    watches,
    outcomes,
    readWorkspace: createWorkspaceReader(prisma, sharded),
    beatWorkspace: createHeartbeatBatches(prisma, sharded),
    limits,
  };
  return createYoga<object, Context>({
    schema,
    context: ({ request }) => createContext(shared, callers.of(request)),
    graphqlEndpoint: apiPath,
    healthCheckEndpoint: noHealthCheck,
    landingPage: false,
    // `useGraphiql` serves the page.
    graphiql: false,
    maskedErrors: { maskError },
    logging: false,
    cors: createCors(options.corsOrigins),
    batching: false,
    multipart: false,
    // `useJsonRequests` keeps to a limit of its own, as it reads bodies.
    maxRequestBodySize: false,
    parserAndValidationCache: createDocumentCaches(),
    plugins: [
      useExactPaths(isReady),
      operations.plugin,
      useNamesInLog(),
      useDocumentLimits(limits),
      useValidationCode(),
      useSubscriptions(),
      useOpenSubscriptions(limits.maxSubscriptions),
      useUnreadResults(),
      ...(graphiql ? [useGraphiql(graphiql, callers.letIn, maskError)] : []),
      useRequestTimeout(limits.requestTimeoutMs, maskError, operations.tellTimeout),
      useJsonRequests(limits.maxBodyBytes),
      useCSRFPrevention({ requestHeaders: ['authorization'] }),
      callers.plugin,
    ],
  });
}
