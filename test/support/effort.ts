import { appendFileSync } from 'node:fs';
import { inject } from 'vitest';

/**
 * How much is tried, and from which seed: `npm test` tries a bounded part, always the same, and `npm run test:deep` much
 * more, from a seed of its own. TEST_SEED repeats such a run.
 */
export interface Effort {
  readonly isDeep: boolean;
  readonly seed: number;
}

/** What can be counted: each is a line in the report at the end of a run. */
export type Tried = 'sequences' | 'schedules' | 'faults' | 'hostile inputs';

/** This much in a deep run, and that much otherwise. */
export function tries({ bounded, deep }: { readonly bounded: number; readonly deep: number }): number {
  return inject('effort').isDeep ? deep : bounded;
}

/** The seed of this run, from which all that is random in a test has to come. */
export function seedOfRun(): number {
  return inject('effort').seed;
}

/** Counts what was tried, for the report. To be called after it was: what failed is a violation, and counts by itself. */
export function countTried(what: Tried, count = 1): void {
  appendFileSync(inject('triedFile'), `${JSON.stringify({ what, count })}\n`);
}
