import type { IncomingMessage } from 'node:http';
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga, type Plugin, useReadinessCheck, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { authenticate } from '../tokens/authenticate.ts';
import { type Context, createContext } from './context.ts';
import { createErrorMask, useValidationCode } from './errors.ts';
import { type GraphiqlSettings, graphiqlOptions, isLocal } from './graphiql.ts';
import { useJsonRequests } from './json-requests.ts';
import { schema } from './schema.ts';

export interface GraphqlServerOptions {
  readonly prisma: PrismaClient;
  readonly operatorToken: string;
  readonly log: Logger;
  readonly graphiql: GraphiqlSettings;
  /** Whether requests can be served: the answer of /ready. */
  readonly isReady: () => Promise<boolean>;
  /** The id of the request under way, for the log and for errors that are masked. */
  readonly currentRequestId: () => string | undefined;
}

/** Bytes of a request's body at most: 1,000 heartbeats with messages of a common length. */
const maxRequestBodySize = 1_000_000;

/** What Node's server hands over with a request. */
export interface ServerContext {
  readonly req?: IncomingMessage;
}

/** The GraphQL server at /graphql, with /health (the process is alive) and /ready (it can serve). */
export function createGraphqlServer(options: GraphqlServerOptions): YogaServerInstance<ServerContext, Context> {
  const { prisma, operatorToken, log, graphiql, isReady, currentRequestId } = options;
  return createYoga<ServerContext, Context>({
    schema,
    context: async ({ request }) =>
      createContext(prisma, await authenticate(prisma, operatorToken, request.headers.get('authorization'))),
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: '/health',
    landingPage: false,
    graphiql:
      graphiql &&
      ((request, context) => graphiqlOptions(graphiql, isLocal(request.url, context?.req?.socket.remoteAddress))),
    renderGraphiQL,
    maskedErrors: { maskError: createErrorMask(log, currentRequestId) },
    logging: false,
    cors: false,
    batching: false,
    multipart: false,
    maxRequestBodySize,
    plugins: [
      useValidationCode(),
      ...(graphiql ? [useFrontDoor('/graphql')] : []),
      useReadinessCheck({ endpoint: '/ready', check: isReady }),
      useJsonRequests(),
      useCSRFPrevention({ requestHeaders: ['authorization', 'x-graphql-yoga-csrf'] }),
    ],
  });
}

/** Sends whoever opens the bare address to the page there is. */
function useFrontDoor(location: string): Plugin {
  return {
    onRequest({ url, fetchAPI, endResponse }) {
      if (url.pathname === '/') endResponse(new fetchAPI.Response(null, { status: 302, headers: { location } }));
    },
  };
}
