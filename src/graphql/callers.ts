import type { Plugin } from 'graphql-yoga';
import { type Authenticate, type Caller, UnauthenticatedError } from '../tokens/authenticate.ts';
import type { CheckRate } from './limits/rate.ts';
import { noteCaller } from './request-notes.ts';

/** Who is behind the requests under way. */
export interface Callers {
  /**
   * Lets in whom an Authorization header stands for: known, noted for the log, and counted.
   *
   * @throws UnauthenticatedError, RateLimitError; what the database throws when it is out of reach
   */
  letIn(authorization: string | null): Promise<Caller>;
  /** Null: nobody has been let in. */
  of(request: Request): Caller | null;
  readonly plugin: Plugin;
}

/**
 * Lets callers in, before anything of their request is read: a stranger learns nothing of the schema, not even whether a
 * document is one, and costs nothing but the look at the token. Each request is authenticated once, and counted once.
 */
export function createCallers(authenticate: Authenticate, checkRate: CheckRate): Callers {
  const callers = new WeakMap<Request, Caller>();

  async function letIn(authorization: string | null): Promise<Caller> {
    const caller = await authenticate(authorization);
    if (caller === null) throw new UnauthenticatedError();
    noteCaller(caller);
    await checkRate(caller);
    return caller;
  }

  return {
    letIn,
    of: (request) => callers.get(request) ?? null,
    plugin: {
      async onRequestParse({ request }) {
        callers.set(request, await letIn(request.headers.get('authorization')));
      },
    },
  };
}
