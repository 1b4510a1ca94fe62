import { setImmediate as turn } from 'node:timers/promises';

/**
 * Sends a statement right behind another one, in the same transaction, without waiting for the answer in between:
 * PostgreSQL runs them in this order all the same, each with a snapshot of its own. Both have to be raw statements, which
 * Prisma sends without further ado. Where the first fails, so does the second, and what the first failed with is thrown.
 */
export async function inOneFlight<First, Second>(
  first: () => Promise<First>,
  second: () => Promise<Second>,
): Promise<[First, Second]> {
  // Of what is asked for in the same turn of the event loop, Prisma sends one statement after the answer to the other.
  const [one, other] = await Promise.allSettled([first(), turn().then(second)]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return [one.value, other.value];
}
