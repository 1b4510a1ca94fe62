import type { Plugin } from 'graphql-yoga';
import { apiPath, healthPath, readyPath } from '../paths.ts';

/** What no address ends with: Yoga would answer any that ends with its own address of health, before it asks a plugin. */
export const noHealthCheck = ' ';

/**
 * Answers whether the process is alive, and whether it is ready, and leaves every address but the served ones without an
 * answer. Yoga would take any that ends with that of the API for it, and whoever watches the API by its address would miss
 * what is asked there.
 */
export function useExactPaths(isReady: () => Promise<boolean>): Plugin {
  return {
    onRequest({ url: { pathname }, endResponse, fetchAPI: { Response } }) {
      if (pathname === apiPath) return undefined;
      const end = (status: number) => endResponse(new Response(null, { status }));
      if (pathname === readyPath) return isReady().then((ready) => end(ready ? 200 : 503));
      return end(pathname === healthPath ? 200 : 404);
    },
  };
}
