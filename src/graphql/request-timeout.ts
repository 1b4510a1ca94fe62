import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DomainError } from '../domain-error.ts';
import { refusal } from './refusal.ts';

/** The time of a request was over before its answer was there. It does not say that calling again is safe: not all calls are. */
class RequestTimeoutError extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE';
}

/**
 * Answers a request that takes too long to arrive, or to be carried out. Nothing is begun for it after that. What was begun
 * goes on to its end, which the time-outs of statements and transactions bound: a connection is given back by who took it.
 * A subscription is answered as soon as it has begun.
 *
 * @param present makes an error fit for the client
 */
export function useRequestTimeout(
  timeoutMs: number,
  present: (error: unknown) => GraphQLError,
): Plugin<object, { readonly req?: IncomingMessage }> {
  const over = new WeakSet<Request>();
  return {
    onRequest({ request, requestHandler, setRequestHandler, fetchAPI, serverContext: { req } }) {
      setRequestHandler(async (...args) => {
        let timer: NodeJS.Timeout | undefined;
        const expiry = new Promise<Response>((resolve) => {
          timer = setTimeout(() => {
            over.add(request);
            const hasArrived = req === undefined || req.complete;
            const { message, extensions } = present(hasArrived ? tooLong(timeoutMs) : tooSlow(timeoutMs));
            const { http, ...shown } = extensions;
            const body = JSON.stringify({ errors: [{ message, extensions: shown }] });
            const headers = { 'content-type': 'application/json; charset=utf-8' };
            resolve(new fetchAPI.Response(body, { status: http?.status ?? 500, headers }));
          }, timeoutMs);
        });
        return Promise.race([requestHandler(...args), expiry]).finally(() => clearTimeout(timer));
      });
    },
    onParams({ request }) {
      if (over.has(request)) throw tooLong(timeoutMs);
    },
  };
}

const tooLong = (timeoutMs: number) =>
  new RequestTimeoutError(
    `The request took longer than ${timeoutMs} ms. What it is to change may be changed all the same, now or soon: read it ` +
      'back before you call again.',
    { outcome: 'UNKNOWN' },
  );

const tooSlow = (timeoutMs: number) =>
  refusal(408, `The request did not arrive within ${timeoutMs} ms. Send it faster, or in parts.`);
