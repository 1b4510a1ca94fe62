import type { MetricsSnapshot } from '../metrics/metrics.ts';
import type { ReadMetrics } from '../serve.ts';
import type { WorkerProcess } from './worker-process.ts';

/** The kinds of metrics that only ever grow, as prom-client names them at run time. The others tell of what is there now. */
const growing: readonly string[] = ['counter', 'histogram'];

/** Adds snapshots up to one. */
export type AddUp = (snapshots: readonly MetricsSnapshot[]) => Promise<MetricsSnapshot>;

export interface WorkerMetrics {
  /** Reads the metrics of this worker from now on, until it ends. */
  follow(worker: WorkerProcess): void;
  readonly read: ReadMetrics;
}

/**
 * The metrics of all workers. No counter ever falls, which Prometheus would take for a start at 0 of all together: what a worker
 * that has ended was last known to have counted is kept, and so it is while one does not answer.
 */
export function createWorkerMetrics(addUp: AddUp): WorkerMetrics {
  const known = new Map<WorkerProcess, MetricsSnapshot>();
  /** What workers that have ended had counted: added up, but for the last ones. */
  let departed: readonly MetricsSnapshot[] = [];
  let adding = Promise.resolve();

  const addUpDeparted = async (): Promise<void> => {
    const parts = departed;
    if (parts.length < 2) return;
    const sum = await addUp(parts);
    departed = [sum, ...departed.slice(parts.length)];
  };

  return {
    follow(worker) {
      known.set(worker, []);
      void worker.ended.then(() => {
        const last = (known.get(worker) ?? []).filter(({ type }) => growing.includes(String(type)));
        known.delete(worker);
        // Nobody reads metrics, or none had been read of it.
        if (last.length === 0) return;
        departed = [...departed, last];
        // Those that cannot be added up are told as they are, and added up with the next.
        adding = adding.then(addUpDeparted).catch(() => undefined);
      });
    },
    async read() {
      const workers = [...known.keys()];
      const answers = await Promise.all(workers.map((worker) => worker.readMetrics()));
      for (const [index, worker] of workers.entries()) {
        const snapshot = answers[index];
        if (snapshot !== undefined && known.has(worker)) known.set(worker, snapshot);
      }
      return { snapshots: [...departed, ...known.values()], serving: answers.filter(Boolean).length };
    },
  };
}
