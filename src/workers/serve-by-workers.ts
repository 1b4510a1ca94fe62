import { setTimeout as delay } from 'node:timers/promises';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import type { Prepared } from '../prepare.ts';
import type { ServeOptions, Serving } from '../serve.ts';
import { createWorkerMetrics } from './worker-metrics.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

/** Milliseconds that a worker has to serve for its end not to count as one at once. */
const steadyMs = 10_000;
/** Milliseconds before a worker is replaced that ended at once for the second time; each further time twice as long. */
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/**
 * Serves from as many processes as the configuration says, on one port, and resolves to where, when all of them listen.
 * One that ends is replaced, while the others go on.
 *
 * @throws {WorkerError} when one cannot serve
 */
export async function serveByWorkers(
  config: Config,
  prepared: Prepared,
  { log, onStop }: ServeOptions,
): Promise<Serving> {
  // It counts the requests of a token at all workers.
  new RateLimiterClusterMaster();
  const metrics = createWorkerMetrics(async (snapshots) => (await import('../metrics/add-up.ts')).addUp(snapshots));
  const workers = new Set<WorkerProcess>();
  const stopping = new AbortController();
  onStop(async () => {
    stopping.abort();
    for (const worker of workers) worker.stop();
    await Promise.all([...workers].map(({ ended }) => ended));
  });

  const start = (): WorkerProcess => {
    const worker = startWorker({ config, prepared });
    const { pid } = worker;
    workers.add(worker);
    metrics.follow(worker);
    void worker.ended.then(() => workers.delete(worker));
    worker.listening.then(
      (url) => log.info({ pid, url }, 'A worker listens'),
      () => undefined,
    );
    return worker;
  };

  /** Has another worker take the place of this one when it ends, and so on. */
  const replaceAtEnd = async (worker: WorkerProcess): Promise<void> => {
    let current = worker;
    for (let endsAtOnce = 0; ; ) {
      const end = await current.ended;
      if (stopping.signal.aborted) return;
      endsAtOnce = end.servedMs < steadyMs ? endsAtOnce + 1 : 0;
      const pauseMs = pauseAfter(endsAtOnce);
      log.error({ pid: current.pid, ...end, pauseMs }, 'A worker ended; another one takes its place');
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      current = start();
      current.listening.catch(({ message }) => {
        if (!stopping.signal.aborted) log.error({ pid: current.pid, reason: message }, 'A worker cannot serve');
      });
    }
  };

  const startOne = async (): Promise<string> => {
    const worker = start();
    const url = await worker.listening;
    void replaceAtEnd(worker);
    return url;
  };

  // What keeps one from serving, such as a port that is taken, keeps all of them: it is told once.
  const url = await startOne();
  await Promise.all(Array.from({ length: config.webConcurrency - 1 }, startOne));
  return { url, readMetrics: metrics.read };
}

function pauseAfter(endsAtOnce: number): number {
  return endsAtOnce < 2 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (endsAtOnce - 2));
}
