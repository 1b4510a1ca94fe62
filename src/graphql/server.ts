import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { createYoga, useReadinessCheck, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { OrganizationWriter } from '../database/organization-writer.ts';
import type { ReplicaReader } from '../database/replica.ts';
import type { OrganizationWatches } from '../events/organization-watches.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createAuthentication } from '../tokens/authenticate.ts';
import { createHeartbeatBatches } from '../workspaces/heartbeats.ts';
import { createWorkspaceReader } from '../workspaces/workspace-rows.ts';
import { type Context, createContext } from './context.ts';
import { createErrorMask, useValidationCode } from './errors.ts';
import { type GraphiqlSettings, graphiqlOptions, useGraphiqlHeaders } from './graphiql.ts';
import { useJsonRequests } from './json-requests.ts';
import { useNestingLimit } from './limits.ts';
import { useOutcomes } from './outcomes.ts';
import { schema } from './schema.ts';
import { useSubscriptions } from './subscriptions.ts';

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
  readonly log: Logger;
  readonly graphiql: GraphiqlSettings;
  /** Whether requests can be served: the answer of /ready. */
  readonly isReady: () => Promise<boolean>;
  /** The id of the request under way, for the log and for errors that are masked. */
  readonly currentRequestId: () => string | undefined;
}

/** The GraphQL server at /graphql, with /health (the process is alive) and /ready (it can serve). */
export function createGraphqlServer(options: GraphqlServerOptions): YogaServerInstance<object, Context> {
  const { prisma, replica, sharded, write, watches, operatorToken, log, graphiql, isReady, currentRequestId } = options;
  const authenticate = createAuthentication(prisma, operatorToken);
  const shared = {
    prisma,
    replica,
    write,
    watches,
    readWorkspace: createWorkspaceReader(prisma, sharded),
    beatWorkspace: createHeartbeatBatches(prisma, sharded),
  };
  return createYoga<object, Context>({
    schema,
    context: async ({ request }) => createContext(shared, await authenticate(request.headers.get('authorization'))),
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: '/health',
    landingPage: false,
    graphiql: graphiql && (({ url }) => graphiqlOptions(graphiql, url)),
    // Loaded when somebody opens it: the page is a large text, and most servers never show it.
    renderGraphiQL: async (page) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(page),
    maskedErrors: { maskError: createErrorMask(log, currentRequestId) },
    logging: false,
    cors: false,
    batching: false,
    multipart: false,
    // `useJsonRequests` keeps to a limit of its own, as it reads bodies.
    maxRequestBodySize: false,
    plugins: [
      useNestingLimit(),
      useValidationCode(),
      useSubscriptions(),
      useOutcomes(),
      ...(graphiql ? [useGraphiqlHeaders()] : []),
      useReadinessCheck({ endpoint: '/ready', check: isReady }),
      useJsonRequests(),
      useCSRFPrevention({ requestHeaders: ['authorization', 'x-graphql-yoga-csrf'] }),
    ],
  });
}
