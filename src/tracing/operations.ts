import { ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Operation, OperationObserver } from '../graphql/observe-operations.ts';
import type { ActiveContext } from './active-context.ts';

/** Characters of a span's name at most: an operation may have a hundred root fields. */
const maxNameLength = 100;

/** Makes a span of each operation: its type, its root fields and what the client calls it, but neither document nor variables. */
export function traceOperations(tracer: Tracer, active: ActiveContext): OperationObserver {
  const spans = new WeakMap<Operation, Span>();
  return {
    aroundExecution(operation, execute) {
      const { type, fields, name } = operation;
      const parent = active.current() ?? ROOT_CONTEXT;
      const attributes = {
        'graphql.operation.type': type,
        'taproot.graphql.fields': [...fields],
        ...(name !== undefined && { 'graphql.operation.name': name.slice(0, maxNameLength) }),
      };
      const span = tracer.startSpan(`${type} ${fields.join(' ')}`.slice(0, maxNameLength), { attributes }, parent);
      spans.set(operation, span);
      return active.within(parent, span, execute);
    },
    onErrors(errors, operation) {
      const request = trace.getSpan(active.current() ?? ROOT_CONTEXT);
      const span = operation === undefined ? request : spans.get(operation);
      const codes = new Set(errors.map(({ extensions }) => String(extensions['code'])));
      span?.setAttribute('taproot.error.codes', [...codes]).setStatus({ code: SpanStatusCode.ERROR });
    },
    onEnd(operation) {
      spans.get(operation)?.end();
    },
  };
}
