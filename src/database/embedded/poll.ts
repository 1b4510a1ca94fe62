import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 20;

/** Repeats the attempt until it answers something, and answers that; undefined once the time is up. */
export async function poll<T>(milliseconds: number, attempt: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await attempt();
    if (answer !== undefined || performance.now() >= end) return answer;
    await delay(INTERVAL_MS);
  }
}
