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
  let departed: Promise<MetricsSnapshot> = Promise.resolve([]);

  return {
    follow(worker) {
      known.set(worker, []);
      void worker.ended.then(() => {
        const last = (known.get(worker) ?? []).filter(({ type }) => growing.includes(String(type)));
        known.delete(worker);
        departed = departed.then((before) => addUp([before, last]));
      });
    },
    async read() {
      const workers = [...known.keys()];
      const answers = await Promise.all(workers.map((worker) => worker.readMetrics()));
      for (const [index, worker] of workers.entries()) {
        const snapshot = answers[index];
        if (snapshot !== undefined && known.has(worker)) known.set(worker, snapshot);
      }
      // Both at once: a worker that ends goes from the one to the other.
      const [before, present] = [departed, [...known.values()]];
      return { snapshots: [await before, ...present], serving: answers.filter(Boolean).length };
    },
  };
}
