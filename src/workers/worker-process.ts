import cluster from 'node:cluster';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTime } from '../in-time.ts';
import type { MetricsSnapshot } from '../metrics/metrics.ts';
import { WorkerError } from './errors.ts';
import type { FromWorker, Order, ToWorker } from './messages.ts';

/** How a worker ended: with an exit code or by a signal, or `error` says why it could not be run at all. */
export interface WorkerEnd {
  readonly code?: number | null;
  readonly signal?: string | null;
  readonly error?: string;
  /** Milliseconds that it had served. 0: it never did. */
  readonly servedMs: number;
}

/** The primary process's end of a worker. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves to where it serves. Rejects with WorkerError when it cannot, or ended before. */
  readonly listening: Promise<string>;
  readonly ended: Promise<WorkerEnd>;
  /** Resolves to its metrics; to undefined when it does not serve, or does not answer in time. */
  readMetrics(): Promise<MetricsSnapshot | undefined>;
  /** Has it finish its running requests and end. */
  stop(): void;
}

/** Milliseconds within which a worker has to tell its metrics, so that those of the others are not late. */
const metricsBoundMs = 2_000;

const program = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

/**
 * Starts a process that serves the order. The workers share one port, which the primary process listens on for them:
 * were each to listen by itself (SO_REUSEPORT, which Node.js 20 has not), connections that wait for a worker that dies
 * would be lost.
 */
export function startWorker(order: Order): WorkerProcess {
  cluster.setupPrimary({ exec: program, args: [] });
  const worker = cluster.fork();
  const { pid } = worker.process;
  let servesSince: number | undefined;
  const servedMs = () => (servesSince === undefined ? 0 : Math.round(performance.now() - servesSince));
  const ended = new Promise<WorkerEnd>((resolve) => {
    worker.once('exit', (code, signal) => resolve({ code, signal, servedMs: servedMs() }));
    worker.on('error', ({ message }) => {
      // One that was started shows by its end that it is gone, not by a message that does not reach it.
      if (pid === undefined) resolve({ error: message, servedMs: servedMs() });
    });
  });
  const send = (message: ToWorker) => worker.send(message, undefined, () => {});

  let onMetrics: ((metrics: MetricsSnapshot) => void) | undefined;
  let metrics: Promise<MetricsSnapshot | undefined> | undefined;
  const askForMetrics = async (): Promise<MetricsSnapshot | undefined> => {
    const answer = new Promise<MetricsSnapshot>((resolve) => {
      onMetrics = resolve;
    });
    send({ tellMetrics: true });
    const answerOrEnd = Promise.race([answer, ended.then(() => undefined)]);
    return inTime(answerOrEnd, metricsBoundMs, undefined).finally(() => {
      metrics = undefined;
    });
  };

  let hasOrder = false;
  const listening = new Promise<string>((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if ('awaits' in message) {
        hasOrder = true;
        send({ serve: order });
      } else if ('url' in message) {
        servesSince = performance.now();
        resolve(message.url);
      } else if ('failure' in message) {
        reject(new WorkerError(message.failure));
      } else if ('metrics' in message) {
        onMetrics?.(message.metrics);
      }
    });
    void ended.then((end) => reject(new WorkerError(`A worker ended before it could serve: ${describe(end)}.`)));
  });
  listening.catch(() => {});

  return {
    pid,
    listening,
    ended,
    async readMetrics() {
      if (servesSince === undefined) return undefined;
      // One that was asked twice at a time would be asked once.
      metrics ??= askForMetrics();
      return metrics;
    },
    stop() {
      if (hasOrder) send({ stop: true });
      else worker.process.kill('SIGKILL');
    },
  };
}

function describe({ code, signal, error }: WorkerEnd): string {
  return error ?? (signal ? `killed by ${signal}` : `exit code ${code}`);
}
