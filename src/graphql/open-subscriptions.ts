import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { actorOf, type Caller } from '../tokens/authenticate.ts';
import type { Context } from './context.ts';
import { LimitExceededError } from './limits.ts';

/**
 * Keeps each token to so many open subscriptions. One is open from before it begins until it ends, or until the client has
 * gone: one who leaves before the first update is sent takes it along.
 *
 * @param isOver whether a request has been answered already, so that nobody will read what it began
 */
export function useOpenSubscriptions(maxSubscriptions: number, isOver: (request: Request) => boolean): Plugin<Context> {
  const open = new Map<string, number>();

  function acquire(caller: Caller): () => void {
    const name = actorOf(caller);
    const count = (open.get(name) ?? 0) + 1;
    if (count > maxSubscriptions) throw tooMany(maxSubscriptions);
    open.set(name, count);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (open.get(name) ?? 0) - 1;
      if (left > 0) open.set(name, left);
      else open.delete(name);
    };
  }

  return {
    onSubscribe({ args: { contextValue }, subscribeFn, setSubscribeFn }) {
      const { caller, request } = contextValue;
      if (caller === null) return;
      setSubscribeFn(async (args) => {
        const release = acquire(caller);
        request.signal.addEventListener('abort', release, { once: true });
        try {
          const result = await subscribeFn(args);
          if (!isAsyncIterable<ExecutionResult>(result)) {
            release();
            return result;
          }
          const updates = releaseAtEnd(result, release);
          if (isOver(request) || request.signal.aborted) await updates.return?.();
          return updates;
        } catch (error) {
          release();
          throw error;
        }
      });
    },
  };
}

const tooMany = (limit: number) =>
  new LimitExceededError(
    `This token has ${limit} subscriptions open, and may have no more. End one first: a single one tells all of an organization.`,
    { limit },
  );

function releaseAtEnd<T>(updates: AsyncIterable<T>, release: () => void): AsyncIterableIterator<T> {
  const iterator = updates[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const update = await iterator.next();
        if (update.done) release();
        return update;
      } catch (error) {
        release();
        throw error;
      }
    },
    async return() {
      release();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
