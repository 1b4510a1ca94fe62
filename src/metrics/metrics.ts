import { collectDefaultMetrics, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import type { Instrument } from '../instruments.ts';
import { createOperationMetrics } from './operations.ts';
import { createHeartbeatMetrics, createInstallMetrics } from './outcomes.ts';
import { createPoolMetrics } from './pools.ts';
import { createRequestMetrics } from './requests.ts';
import { createWriteMetrics } from './writes.ts';

/** All metrics of a process with their values, as they can be sent to another one, and be added to those of others. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

export interface Metrics {
  readonly instrument: Instrument;
  read(): Promise<MetricsSnapshot>;
}

/** The metrics of this process, if it serves. They are its own: another server in the same process has others. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const installs = createInstallMetrics(registry);
  const operations = createOperationMetrics(registry);
  const writes = createWriteMetrics(registry);
  const instrument: Instrument = {
    aroundRequests: createRequestMetrics(registry),
    aroundWrites: writes.aroundWrites,
    onStatement: writes.onStatement,
    onPool: createPoolMetrics(registry),
    operations: {
      ...operations,
      onErrors(errors, operation) {
        operations.onErrors(errors);
        installs.onErrors(errors, operation);
      },
    },
    outcomes: { onInstall: installs.onInstall, onHeartbeats: createHeartbeatMetrics(registry) },
  };
  return { instrument, read: () => registry.getMetricsAsJSON() };
}
