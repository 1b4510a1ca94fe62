import type { Logger } from './logger.ts';

/** Registers what is to be done at a stop. What is registered last is done first. */
export type OnStop = (release: () => Promise<unknown>) => void;

/** Something that is started once and stopped once. */
export interface Service<T> {
  /** Starts everything, and resolves when it serves. What was started is stopped again when a later part fails. */
  start(): Promise<T>;
  /** Waits for a start that is under way, then stops everything. May be called at any time, and again. */
  stop(): Promise<void>;
}

/** The service that `startAll` starts. A part that cannot be stopped is logged, and the others are stopped all the same. */
export function createService<T>(log: Logger, startAll: (onStop: OnStop) => Promise<T>): Service<T> {
  const releases: (() => Promise<unknown>)[] = [];
  let started: Promise<T> | undefined;
  let stopped: Promise<void> | undefined;

  const release = async () => {
    for (const releaseOne of releases.splice(0).reverse()) {
      await releaseOne().catch((error) => log.error({ err: error }, 'Something could not be stopped'));
    }
  };

  return {
    start: () =>
      (started ??= startAll((releaseOne) => releases.push(releaseOne)).catch(async (error) => {
        await release();
        throw error;
      })),
    stop: () =>
      (stopped ??= (async () => {
        await started?.catch(() => undefined);
        await release();
      })()),
  };
}
