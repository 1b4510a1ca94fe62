import type { CombinedError } from '@urql/core';

/** A failed request, as the console shows it. */
export interface ApiError {
  /** A code of the API's closed set, INTERNAL_SERVER_ERROR, or UNREACHABLE when no answer came. */
  readonly code: string;
  /** Written by the server for whoever called: what is wrong, and what to do. */
  readonly message: string;
  /** Whether the same request may succeed if it is made again. */
  readonly retryable: boolean;
  /** The ids and values that came with the error. */
  readonly details: Readonly<Record<string, unknown>>;
}

export const unreachable: ApiError = {
  code: 'UNREACHABLE',
  message: 'No answer came from the server. It may be restarting, or the network may be down.',
  retryable: true,
  details: {},
};

/** What a client's error says: the first error of the answer, or that there was none. */
export function toApiError({ graphQLErrors }: Pick<CombinedError, 'graphQLErrors'>): ApiError {
  const [error] = graphQLErrors;
  return error === undefined ? unreachable : fromGraphql(error.message, error.extensions);
}

/** An error of a GraphQL answer. */
export function fromGraphql(message: string, extensions: Readonly<Record<string, unknown>> = {}): ApiError {
  const { code, retryable, ...details } = extensions;
  return {
    code: typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR',
    message,
    retryable: retryable === true,
    details,
  };
}
