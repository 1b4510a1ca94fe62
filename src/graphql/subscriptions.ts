import { AsyncResource } from 'node:async_hooks';
import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from './context.ts';
import { refusal } from './refusal.ts';

/**
 * Takes subscriptions from those who read server-sent events, before anything is done for them. An update that could not
 * be answered in full is the last one: whoever then subscribes again behind the one before gets it again, and nothing of
 * it is lost.
 */
export function useSubscriptions(): Plugin<Context> {
  return {
    onSubscribe({ args: { contextValue } }) {
      if (!readsEvents(contextValue.request.headers.get('accept'))) throw unreadable();
    },
    onExecutionResult({ result, setResult }) {
      if (isAsyncIterable(result)) setResult(endAfterErrors(result));
    },
    onResponse({ response }) {
      if (!isEventStream(response)) return;
      // nginx would hold updates back until its buffer is full.
      response.headers.set('x-accel-buffering', 'no');
      response.headers.set('cache-control', 'no-store');
    },
  };
}

const unreadable = () =>
  refusal(406, 'A subscription is answered with server-sent events. Send the header "accept: text/event-stream".');

const isEventStream = (response: Response) => response.headers.get('content-type')?.startsWith('text/event-stream');

function readsEvents(accept: string | null): boolean {
  return accept === null || /text\/event-stream|text\/\*|\*\/\*/i.test(accept);
}

function endAfterErrors(results: AsyncIterable<ExecutionResult>): AsyncIterableIterator<ExecutionResult> {
  const iterator = results[Symbol.asyncIterator]();
  // Each update is still a part of the request, under whose id it logs: whatever it is that makes room for the next one.
  const next = AsyncResource.bind(() => iterator.next());
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await next();
      if (!result.done && result.value.errors !== undefined) await iterator.return?.();
      return result;
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
