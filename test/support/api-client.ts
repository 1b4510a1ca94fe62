import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type DocumentNode, print } from 'graphql';
import { onTestFinished } from 'vitest';
import { requestContext } from '../../src/logger.ts';
import { readSubscription, type TestSubscription } from './subscription.ts';

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

/** What a client can do with a server. */
export interface ApiClient {
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

/** A client of the server that `fetch` reaches, whose operator has the token. */
export function createApiClient(fetch: ApiClient['fetch'], operatorToken: string): ApiClient {
  function post(document: DocumentNode | string, variables: unknown, token: string | null, accept: string) {
    return fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: typeof document === 'string' ? document : print(document), variables }),
    });
  }

  const client: ApiClient = {
    fetch,
    async execute(document, variables, token = operatorToken) {
      const requestId = randomUUID();
      const response = await requestContext.run({ requestId }, () =>
        post(document, variables, token, 'application/json'),
      );
      return { status: response.status, requestId, ...(await response.json()) };
    },
    async expectData(document, variables, token) {
      const { data, errors } = await client.execute(document, variables, token);
      if (errors || !data) throw new Error(`The request failed: ${JSON.stringify(errors, null, 2)}`);
      return data;
    },
    async subscribe(document, variables, token = operatorToken) {
      const response = await requestContext.run({ requestId: randomUUID() }, () =>
        post(document, variables, token, 'text/event-stream'),
      );
      const subscription = readSubscription<Untyped>(response);
      onTestFinished(subscription.close);
      return subscription;
    },
  };
  return client;
}
