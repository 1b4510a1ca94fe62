import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { actorOf, type Caller } from '../../tokens/authenticate.ts';
import type { Context } from '../context.ts';
import { followUpdates } from '../follow-updates.ts';
import { LimitExceededError } from './limits.ts';

/** Keeps each token to so many open subscriptions. One is open from before it begins until it ends, or the client has gone. */
export function useOpenSubscriptions(maxSubscriptions: number): Plugin<Context> {
  const open = new Map<string, number>();

  /** Takes room for one, and returns what gives it back, to be called once. */
  function acquire(caller: Caller): () => void {
    const name = actorOf(caller);
    const count = (open.get(name) ?? 0) + 1;
    if (count > maxSubscriptions) throw tooMany(maxSubscriptions);
    open.set(name, count);
    return () => {
      const left = (open.get(name) ?? 0) - 1;
      if (left > 0) open.set(name, left);
      else open.delete(name);
    };
  }

  return {
    onSubscribe({ args: { contextValue }, subscribeFn, setSubscribeFn }) {
      const { caller } = contextValue;
      if (caller === null) return;
      setSubscribeFn(async (args) => {
        const release = acquire(caller);
        try {
          const result = await subscribeFn(args);
          if (isAsyncIterable<ExecutionResult>(result)) return followUpdates(result, { onEnd: release });
          release();
          return result;
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
