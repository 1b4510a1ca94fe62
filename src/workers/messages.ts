import type { Config } from '../config.ts';
import type { MetricsSnapshot } from '../metrics/metrics.ts';
import type { Prepared } from '../prepare.ts';

/** What a worker is to serve. It comes as a message, because arguments and the environment can be seen from outside. */
export interface Order {
  readonly config: Config;
  readonly prepared: Prepared;
}

/** What the primary process sends to a worker: its order, and later that it is to tell its metrics, or to stop. */
export type ToWorker = { readonly serve: Order } | { readonly tellMetrics: true } | { readonly stop: true };

/**
 * What a worker sends to the primary process: that it awaits its order, for a message that comes before it listens is
 * lost, then where it serves, or what keeps it from that, and its metrics when it was asked.
 */
export type FromWorker =
  | { readonly awaits: 'order' }
  | { readonly url: string }
  | { readonly failure: string }
  | { readonly metrics: MetricsSnapshot };
