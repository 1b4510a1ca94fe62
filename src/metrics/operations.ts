import type { GraphQLError } from 'graphql';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { errorCodes } from '../domain-error.ts';
import type { Operation } from '../graphql/observe-operations.ts';

/** What is not expected is masked under this code. */
const unexpected = 'INTERNAL_SERVER_ERROR';
/** All codes that errors are counted under. */
export const codes: ReadonlySet<string> = new Set([...errorCodes, unexpected]);

/** The code that an error is counted under: one of a closed set, whatever the error says. */
export function codeOf({ extensions }: GraphQLError): string {
  const code = String(extensions['code']);
  return codes.has(code) ? code : unexpected;
}

/** Counts operations by root field and errors by code, and measures how long queries and mutations take. */
export function createOperationMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ['type', 'field'] as const;
  const operations = new Counter({
    name: 'taproot_graphql_operations_total',
    help: 'GraphQL operations that were executed, by type and root field. One of several root fields counts under each.',
    labelNames,
    registers,
  });
  const duration = new Histogram({
    name: 'taproot_graphql_operation_duration_seconds',
    help: 'Time that queries and mutations took to execute, by type and root field. One of several counts under each.',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const errors = new Counter({
    name: 'taproot_graphql_errors_total',
    help: 'GraphQL errors that clients were answered, by code.',
    labelNames: ['code'],
    registers,
  });
  // A code that was never seen is 0: an alert on an increase would miss the first error otherwise.
  for (const code of codes) errors.inc({ code }, 0);
  const subscriptions = new Gauge({
    name: 'taproot_open_subscriptions',
    help: 'Subscriptions that are open.',
    registers,
  });
  const streaming = new WeakSet<Operation>();

  return {
    onBegin(operation: Operation) {
      const { type, fields } = operation;
      for (const field of fields) operations.inc({ type, field });
    },
    onStream(operation: Operation) {
      streaming.add(operation);
      subscriptions.inc();
    },
    onErrors(all: readonly GraphQLError[]) {
      for (const error of all) errors.inc({ code: codeOf(error) });
    },
    onEnd(operation: Operation, seconds: number) {
      if (streaming.has(operation)) subscriptions.dec();
      const { type, fields } = operation;
      if (type === 'subscription') return;
      for (const field of fields) duration.observe({ type, field }, seconds);
    },
  };
}
