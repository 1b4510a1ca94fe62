import { setTimeout as delay } from 'node:timers/promises';

/** What the work comes to, or `late` when it has not within so many milliseconds. It goes on all the same. */
export async function inTime<Result, Late>(work: Promise<Result>, ms: number, late: Late): Promise<Result | Late> {
  const over = new AbortController();
  const bound = delay(ms, late, { signal: over.signal }).catch(() => late);
  return Promise.race([work, bound]).finally(() => over.abort());
}
