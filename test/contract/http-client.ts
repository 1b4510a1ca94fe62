import { type IncomingHttpHeaders, request } from 'node:http';
import { afterAll } from 'vitest';
import type { GraphiqlSettings } from '../../src/graphql/graphiql.ts';
import type { Limits } from '../../src/graphql/limits/limits.ts';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { listen, type RequestHandler } from '../../src/http-server.ts';
import { createLogger, requestContext } from '../../src/logger.ts';
import { logRequests } from '../../src/request-log.ts';
import { defaultLimits, operatorToken, type TestApi } from '../support/api.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface HttpOptions {
  readonly graphiql?: GraphiqlSettings;
  readonly corsOrigins?: readonly string[];
  /** Those that are to differ from the defaults. */
  readonly limits?: Partial<Limits>;
  readonly unreadMs?: number;
  /** What stands in front of the API. */
  readonly front?: (api: RequestHandler) => RequestHandler;
}

/** The server behind a socket, for what a client sees only there. Closed after the last test of the file. */
export async function serveOverHttp({ prisma, write, watches }: TestApi, options: HttpOptions = {}) {
  const { graphiql = false, corsOrigins = [], front = (api) => api } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('debug', { write: (line) => logged.push(JSON.parse(line)) });
  const graphql = createGraphqlServer({
    sharded: false,
    prisma,
    write,
    watches,
    operatorToken,
    limits,
    corsOrigins,
    log,
    graphiql,
    isReady: async () => true,
    currentRequestId: () => requestContext.getStore()?.requestId,
  });
  const { requestTimeoutMs } = limits;
  const server = await listen(front(logRequests(graphql, log)), {
    host: '127.0.0.1',
    port: 0,
    requestTimeoutMs,
    ...(options.unreadMs !== undefined && { unreadMs: options.unreadMs }),
    log,
  });
  afterAll(() => server.close(1_000));
  const port = Number(new URL(server.url).port);

  function send(path: string, { method, headers = {}, body }: HttpRequest = {}): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, path, method: method ?? (body === undefined ? 'GET' : 'POST'), headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
  return { port, send, logged };
}
