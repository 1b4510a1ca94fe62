import type { Plugin } from 'graphql-yoga';
import { servedPaths } from '../paths.ts';

/**
 * Leaves every address but the served ones without an answer. Yoga would take any that ends with that of the API for it, and
 * whoever watches the API by its address would miss what is asked there.
 */
export function useExactPaths(): Plugin {
  return {
    onRequest({ url, endResponse, fetchAPI }) {
      if (!servedPaths.has(url.pathname)) endResponse(new fetchAPI.Response(null, { status: 404 }));
    },
  };
}
