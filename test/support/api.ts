import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type DocumentNode, print } from 'graphql';
import { afterAll, onTestFinished } from 'vitest';
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
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { createLogger, requestContext } from '../../src/logger.ts';
import type { TestDatabase } from './database.ts';
import { readSubscription, type TestSubscription } from './subscription.ts';

/** The operator's token in all tests. */
export const operatorToken = 'operator-token-of-the-tests';

export interface Answer<Data> {
  readonly status: number;
  /** The `x-request-id` under which it was served, and logged. */
  readonly requestId: string;
  readonly data?: Data | null;
  readonly errors?: readonly AnswerError[];
}

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly [detail: string]: unknown };
}

// biome-ignore lint/suspicious/noExplicitAny: what a document written as text answers is known to its test alone
type Untyped = any;

export interface TestApi {
  readonly prisma: PrismaClient;
  readonly write: OrganizationWriter;
  readonly watches: OrganizationWatches;
  /** Every entry of the log so far. */
  readonly logged: readonly Record<string, unknown>[];
  /** Sends the document as a client would. `token` is the operator's unless given; null sends none. */
  execute<Data = Untyped, Variables = Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    token?: string | null,
  ): Promise<Answer<Data>>;
  /** Like `execute`, for what must succeed: returns the data, and throws when there are errors. */
  expectData<Data = Untyped, Variables = Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    token?: string | null,
  ): Promise<Data>;
  /** Subscribes as a client would. It is closed after the test at the latest. */
  subscribe<Data = Untyped, Variables = Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    token?: string | null,
  ): Promise<TestSubscription<Data>>;
  /** Sends any request: `/graphql`, `/health`, `/ready`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Quicker than usual, so that no test has to wait long; and no update that a test does not expect. */
const quickTimes: WatchTimes = { tickMs: 50, pulseMs: 60_000 };

/**
 * The server on a test database: everything of it but the socket. To be called outside of tests; it is closed after the
 * last test of the file.
 */
export function createTestApi(
  database: TestDatabase,
  {
    writerLimits,
    watchTimes = quickTimes,
    ...options
  }: Partial<DatabaseOptions> & { writerLimits?: WriterLimits; watchTimes?: WatchTimes } = {},
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
  const limits = writerLimits ?? { perOrganization: poolSize, inAll: poolSize, waitMs: lockTimeoutMs };
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('debug', { write: (line) => logged.push(JSON.parse(line)) });
  const write = createOrganizationWriter(prisma, limits);
  const watches = createOrganizationWatches(prisma, log, watchTimes);
  afterAll(async () => {
    watches.close();
    await prisma.$disconnect();
  });

  const yoga = createGraphqlServer({
    prisma,
    write,
    watches,
    operatorToken,
    log,
    graphiql: false,
    isReady: async () => true,
    currentRequestId: () => requestContext.getStore()?.requestId,
  });

  function post(document: DocumentNode | string, variables: unknown, token: string | null, accept: string) {
    return api.fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: typeof document === 'string' ? document : print(document), variables }),
    });
  }

  const api: TestApi = {
    prisma,
    write,
    watches,
    logged,
    async fetch(path, init) {
      return yoga.fetch(new URL(path, 'http://localhost'), init ?? {});
    },
    async execute(document, variables, token = operatorToken) {
      const requestId = randomUUID();
      const response = await requestContext.run({ requestId }, () =>
        post(document, variables, token, 'application/json'),
      );
      return { status: response.status, requestId, ...(await response.json()) };
    },
    async expectData(document, variables, token) {
      const { data, errors } = await api.execute(document, variables, token);
      if (errors || !data) throw new Error(`The request failed: ${JSON.stringify(errors, null, 2)}`);
      return data;
    },
    async subscribe(document, variables, token = operatorToken) {
      const response = await requestContext.run({ requestId: randomUUID() }, () =>
        post(document, variables, token, 'text/event-stream'),
      );
      const subscription = readSubscription<Untyped>(response, async () => response.body?.cancel());
      onTestFinished(subscription.close);
      return subscription;
    },
  };
  return api;
}
