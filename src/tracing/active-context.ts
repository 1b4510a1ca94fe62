import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type Span, trace } from '@opentelemetry/api';

/** Which span the program is in, wherever that is. */
export interface ActiveContext {
  /** Undefined outside of requests: what is done on nobody's behalf is not traced. */
  current(): Context | undefined;
  /** Runs the work within the span, which is a child of that of `parent`. */
  within<T>(parent: Context, span: Span, work: () => T): T;
}

/** That of OpenTelemetry's API would be one for all servers of the process. */
export function createActiveContext(): ActiveContext {
  const storage = new AsyncLocalStorage<Context>();
  return {
    current: () => storage.getStore(),
    within: (parent, span, work) => storage.run(trace.setSpan(parent, span), work),
  };
}
