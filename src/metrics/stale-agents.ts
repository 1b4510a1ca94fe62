import { Gauge, type Registry } from 'prom-client';
import { inTime } from '../in-time.ts';
import type { Logger } from '../logger.ts';

/** Milliseconds for which a count is shown: it reads the heartbeats of all organizations. */
const usualIntervalMs = 60_000;
/** Milliseconds that the other metrics wait for a count: Prometheus gives up on all of them after 10 s by default. */
const usualPatienceMs = 2_000;

export interface StaleAgents {
  readonly count: () => Promise<number>;
  readonly log: Logger;
  readonly intervalMs?: number;
  readonly patienceMs?: number;
}

/**
 * Shows how many agents have gone silent, as the database counts them when the metrics are read, but not more often than once in
 * the interval. A count that is not had in time goes on, and meanwhile the one before it is shown, until yet another is due. A
 * count that fails shows nothing, rather than what was, and fails nothing else.
 */
export function createStaleAgentMetric(
  registry: Registry,
  { count, log, intervalMs = usualIntervalMs, patienceMs = usualPatienceMs }: StaleAgents,
): void {
  let begunAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;
  let counted: number | undefined;

  const countAgain = async (): Promise<void> => {
    begunAt = performance.now();
    try {
      counted = await count();
    } catch (error) {
      log.warn({ err: error }, 'Stale agents could not be counted; it is tried again in a minute');
      counted = undefined;
    }
  };

  new Gauge({
    name: 'taproot_stale_agents',
    help: 'Workspaces that were heard once, are not removed, and have been silent for longer than the liveness window.',
    registers: [registry],
    async collect() {
      if (performance.now() - begunAt >= intervalMs) {
        if (counting !== undefined) counted = undefined;
        counting ??= countAgain().finally(() => {
          counting = undefined;
        });
      }
      if (counting !== undefined) await inTime(counting, patienceMs, undefined);
      if (counted === undefined) this.remove();
      else this.set(counted);
    },
  });
}
