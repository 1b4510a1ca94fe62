import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { afterAll } from 'vitest';
import { createPrismaClient, type DatabaseOptions } from '../../src/database/client.ts';
import {
  createOrganizationWriter,
  type OrganizationWriter,
  type WriterLimits,
} from '../../src/database/organization-writer.ts';
import type { PrismaClient } from '../../src/generated/prisma/client.ts';
import { createGraphqlServer } from '../../src/graphql/server.ts';
import { createLogger, requestContext } from '../../src/logger.ts';
import type { TestDatabase } from './database.ts';

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
  /** Sends any request: `/graphql`, `/health`, `/ready`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * The server on a test database: everything of it but the socket. To be called outside of tests; it is closed after the
 * last test of the file.
 */
export function createTestApi(
  database: TestDatabase,
  { writerLimits, ...options }: Partial<DatabaseOptions> & { writerLimits?: WriterLimits } = {},
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
  afterAll(() => prisma.$disconnect());

  const write = createOrganizationWriter(prisma, limits);

  const logged: Record<string, unknown>[] = [];
  const yoga = createGraphqlServer({
    prisma,
    write,
    operatorToken,
    log: createLogger('debug', { write: (line) => logged.push(JSON.parse(line)) }),
    graphiql: false,
    isReady: async () => true,
    currentRequestId: () => requestContext.getStore()?.requestId,
  });

  const api: TestApi = {
    prisma,
    write,
    logged,
    async fetch(path, init) {
      return yoga.fetch(new URL(path, 'http://localhost'), init ?? {});
    },
    async execute(document, variables, token = operatorToken) {
      const requestId = randomUUID();
      const response = await requestContext.run({ requestId }, () =>
        api.fetch('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
          body: JSON.stringify({ query: typeof document === 'string' ? document : print(document), variables }),
        }),
      );
      return { status: response.status, requestId, ...(await response.json()) };
    },
    async expectData(document, variables, token) {
      const { data, errors } = await api.execute(document, variables, token);
      if (errors || !data) throw new Error(`The request failed: ${JSON.stringify(errors, null, 2)}`);
      return data;
    },
  };
  return api;
}
