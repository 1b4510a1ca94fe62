import type { PoolFigures, StatementObserver } from './database/client.ts';
import type { OrganizationWriter } from './database/organization-writer.ts';
import type { OperationObserver } from './graphql/observe-operations.ts';
import type { Outcomes } from './graphql/outcomes.ts';
import type { RequestHandler } from './http-server.ts';

/**
 * What watches a process that serves. Each part takes its place at a seam of the server, where it is put in by `serve`, so that
 * nothing below has to know of metrics or traces.
 */
export interface Instrument {
  /** The handler, watched. */
  readonly aroundRequests: (handler: RequestHandler) => RequestHandler;
  /** The writer, watched. */
  readonly aroundWrites: (write: OrganizationWriter) => OrganizationWriter;
  readonly onStatement: StatementObserver;
  readonly operations: OperationObserver;
  readonly onPool?: (database: 'primary' | 'replica', pool: PoolFigures) => void;
  readonly outcomes?: Outcomes;
}

/** Tells all of them of every statement. Undefined: there are none, and a statement costs nothing more. */
export function tellAll(observers: readonly StatementObserver[]): StatementObserver | undefined {
  if (observers.length < 2) return observers[0];
  return (statement) => {
    const ends = observers.flatMap((observe) => observe(statement) ?? []);
    if (ends.length === 0) return undefined;
    return (error) => {
      for (const end of ends) end(error);
    };
  };
}
