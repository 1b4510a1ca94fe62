import type { IncomingMessage } from 'node:http';
import { type ExecutionResult, type GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { ServiceUnavailableError } from '../../database/errors.ts';
import { DomainError } from '../../domain-error.ts';
import { refusal } from '../refusal.ts';
import { sequential } from './sequential.ts';

/** The time was over before a mutation was answered. It does not say that calling again is safe: not all calls are. */
class MutationTimeoutError extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE';
}

/**
 * Answers a request that takes too long to arrive, or to be carried out. No operation is begun for it after that, nor a
 * further field of a mutation that has several. What was begun goes on to its end, which the time-outs of statements and
 * transactions bound: a connection is given back by who took it. A subscription is answered as soon as it has begun.
 *
 * To stand behind the plugins that answer requests in ways of their own: what they do is bounded as well.
 *
 * @param present makes an error fit for the client
 * @param onTimeout told of the error that a request is answered with
 */
export function useRequestTimeout(
  timeoutMs: number,
  present: (error: unknown) => GraphQLError,
  onTimeout: (request: Request, error: GraphQLError) => void,
): Plugin<object, { readonly req?: IncomingMessage }> {
  const over = new WeakSet<Request>();
  /** The requests whose mutation has begun, with what keeps its next field from beginning where it may have several. */
  const mutating = new WeakMap<Request, AbortController | undefined>();

  const explain = (request: Request, message: IncomingMessage | undefined) => {
    // A body that nobody has asked for yet, such as that of a caller who is being looked up, is not late.
    if (message?.readableFlowing && !message.complete) return tooSlow(timeoutMs);
    return mutating.has(request) ? mutationTooLong(timeoutMs) : tooLong(timeoutMs);
  };

  return {
    onRequest({ request, requestHandler, setRequestHandler, fetchAPI, serverContext: { req } }) {
      setRequestHandler(async (...args) => {
        let timer: NodeJS.Timeout | undefined;
        const expiry = new Promise<Response>((resolve) => {
          timer = setTimeout(() => {
            over.add(request);
            mutating.get(request)?.abort();
            const error = present(explain(request, req));
            onTimeout(request, error);
            const { http, ...shown } = error.extensions;
            const body = JSON.stringify({ errors: [{ message: error.message, extensions: shown }] });
            const headers = { 'content-type': 'application/json; charset=utf-8' };
            resolve(new fetchAPI.Response(body, { status: http?.status ?? 500, headers }));
          }, timeoutMs);
        });
        return Promise.race([requestHandler(...args), expiry]).finally(() => clearTimeout(timer));
      });
    },
    onParams({ request, setResult }) {
      if (over.has(request)) setResult(nothing);
    },
    onExecute({ args, executeFn, setExecuteFn }) {
      const { document, operationName, contextValue } = args;
      const operation = getOperationAST(document, operationName);
      if (operation?.operation !== OperationTypeNode.MUTATION) return;
      // Who follows a signal looks at it with every field that is read: only what may have several fields to change does.
      const isSequential = operation.directives?.some(({ name }) => name.value === sequential.name);
      const further = isSequential ? new AbortController() : undefined;
      mutating.set(contextValue.request, further);
      if (further === undefined) return;
      const { signal } = further;
      setExecuteFn((given) => executeFn(Object.assign({}, given, { signal })));
    },
    onExecutionResult({ request, result, setResult }) {
      const isUnread = over.has(request) || request.signal.aborted;
      if (!isUnread || !isAsyncIterable(result)) return undefined;
      // The response would be dropped as it is, and the subscription would never end.
      setResult(nothing);
      return end(result);
    },
  };
}

/** The result of a request whose client is gone, or has been answered. */
const nothing: ExecutionResult = {};

async function end(updates: AsyncIterable<unknown>): Promise<void> {
  await updates[Symbol.asyncIterator]().return?.();
}

const tooLong = (timeoutMs: number) =>
  new ServiceUnavailableError(
    `The request took longer than ${timeoutMs} ms. Nothing was changed. Try again in a moment, or ask for less at once.`,
  );

const mutationTooLong = (timeoutMs: number) =>
  new MutationTimeoutError(
    `The request took longer than ${timeoutMs} ms. What it is to change may be changed all the same, now or soon: read it ` +
      'back before you call again.',
    { outcome: 'UNKNOWN' },
  );

const tooSlow = (timeoutMs: number) =>
  refusal(408, `The request did not arrive within ${timeoutMs} ms. Send it faster, or in parts.`);
