import type { AgentRow } from '../contenders/floor.ts';

/** What is quick because it is wrong must not win. */
export function expectAgent({ name, status }: Pick<AgentRow, 'name' | 'status'>, expected: string): void {
  if (status.toLowerCase() === expected && name.length > 0) return;
  throw new Error(`The answer is "${name}" with status ${status}, and not an agent that is ${expected}.`);
}

export function expectCount(count: number, expected: number): void {
  if (count !== expected) throw new Error(`The answer holds ${count} rows, and not ${expected}.`);
}
