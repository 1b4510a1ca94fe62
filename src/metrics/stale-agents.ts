import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../logger.ts';

/** Milliseconds for which a count is shown: it reads the heartbeats of all organizations. */
const usualIntervalMs = 60_000;

export interface StaleAgents {
  readonly count: () => Promise<number>;
  readonly log: Logger;
  readonly intervalMs?: number;
}

/**
 * Shows how many agents have gone silent, as the database counts them when the metrics are read, but not more often than once in
 * the interval. A count that fails shows nothing, rather than what was, and fails nothing else.
 */
export function createStaleAgentMetric(registry: Registry, { count, log, intervalMs = usualIntervalMs }: StaleAgents) {
  let countedAt = Number.NEGATIVE_INFINITY;
  let counted: Promise<number | undefined> = Promise.resolve(undefined);

  new Gauge({
    name: 'taproot_stale_agents',
    help: 'Workspaces that were heard once, are not removed, and have been silent for longer than the liveness window.',
    registers: [registry],
    async collect() {
      if (performance.now() - countedAt >= intervalMs) {
        countedAt = performance.now();
        counted = count().catch((error) => {
          log.warn({ err: error }, 'Stale agents could not be counted; it is tried again in a minute');
          return undefined;
        });
      }
      const agents = await counted;
      if (agents === undefined) this.remove();
      else this.set(agents);
    },
  });
}
