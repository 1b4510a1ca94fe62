import { OperationTypeNode } from 'graphql';
import type { AnswerError, ApiClient } from '../support/api-client.ts';
import { readSubscription, type Told } from '../support/subscription.ts';
import type { GraphqlRequest } from './requests.ts';

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
}

/** Sends a request as a client would, with the header given. Of a subscription it takes the first update, and leaves. */
export async function ask(
  api: ApiClient,
  { operation, query, variables }: GraphqlRequest,
  authorization: string | null,
): Promise<Response> {
  const response = await api.fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: operation === OperationTypeNode.SUBSCRIPTION ? 'text/event-stream' : 'application/json',
      ...(authorization !== null && { authorization }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { status } = response;
  const headers = Object.fromEntries(response.headers);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    return { status, headers, ...(await response.json()) };
  const subscription = readSubscription<unknown>(response);
  const told: Told<unknown> | undefined = await subscription.next();
  await subscription.close();
  return { status, headers, ...told };
}
