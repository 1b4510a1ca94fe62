import { AggregatorRegistry, type Registry } from 'prom-client';
import type { MetricsSnapshot } from './metrics.ts';

/** The metrics of several processes as those of one: most are added up, and each metric says where it is done otherwise. */
export function aggregate(snapshots: readonly MetricsSnapshot[]): Registry {
  return AggregatorRegistry.aggregate(snapshots.map((snapshot) => [...snapshot]));
}

/** The same as a snapshot. */
export function addUp(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return aggregate(snapshots).getMetricsAsJSON();
}
