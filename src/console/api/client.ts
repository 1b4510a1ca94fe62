import { type Client, cacheExchange, createClient, fetchExchange, mapExchange } from '@urql/core';
import { toApiError } from './api-error.ts';

/** Where the API is: at the server that served this page. */
export const endpoint = '/graphql';

/** The headers of every request of a caller. */
export function headersOf(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/**
 * The client of one signed-in caller. What it remembers belongs to that caller, so that another sign-in makes another
 * client. `onUnauthenticated` is told when the token is refused, whichever request that was.
 */
export function createApiClient(token: string, onUnauthenticated: () => void): Client {
  return createClient({
    url: endpoint,
    preferGetMethod: false,
    fetchOptions: { headers: headersOf(token) },
    exchanges: [
      mapExchange({
        onError(error) {
          if (toApiError(error).code === 'UNAUTHENTICATED') onUnauthenticated();
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  });
}
