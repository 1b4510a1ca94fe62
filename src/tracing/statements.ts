import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { StatementObserver } from '../database/client.ts';
import { isOrganizationLock } from '../organizations/organization.sql.ts';
import type { ActiveContext } from './active-context.ts';

/** Characters of a statement's text at most. */
const maxTextLength = 2_000;

/** Makes a span of each statement that is sent for a request: with its text, which has parameters and not their values. */
export function traceStatements(tracer: Tracer, active: ActiveContext): StatementObserver {
  return ({ text }) => {
    const parent = active.current();
    if (parent === undefined) return undefined;
    const statement = text.trim();
    const operation = /^\w*/.exec(statement)?.[0].toUpperCase() ?? '';
    const attributes = {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.query.text': statement.slice(0, maxTextLength),
    };
    const name = isOrganizationLock(statement) ? 'lock organization' : operation;
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
    return (error) => {
      if (error) {
        const { code } = error as { readonly code?: unknown };
        if (typeof code === 'string') span.setAttribute('db.response.status_code', code);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    };
  };
}
