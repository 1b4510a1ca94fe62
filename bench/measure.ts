import { type Spread, spreadOf } from './statistics.ts';

/** One way of doing what a scenario measures. It throws when the answer is not what it has to be. */
export interface Contender {
  readonly name: string;
  run(...ids: string[]): Promise<void>;
}

export interface Scenario {
  readonly operation: string;
  /** How many operations are under way at once. */
  readonly clients: number;
  /** Operations of each contender in each round. */
  readonly count: number;
  /** Items that one operation handles, where speed is told by item. */
  readonly itemsPerOperation?: number;
  /** The ids that each operation of one contender in one round is about: rows of its own where it changes them for good. */
  inputs(count: number): Promise<readonly string[][]>;
  readonly contenders: readonly Contender[];
}

export interface Measurement {
  readonly operation: string;
  readonly clients: number;
  readonly contender: string;
  /** Operations (or items) a second. */
  readonly perSecond: Spread;
  /** How many times the speed of this contender the first one of the scenario has, round by round. */
  readonly ratio: Spread;
}

/**
 * Measures the contenders of a scenario side by side: in every round each of them does the same work once, in an order that
 * changes from round to round, and ratios are taken within a round, so that what slows the machine for a while slows both.
 * A first round warms up, and does not count.
 */
export async function measure(scenario: Scenario, rounds: number): Promise<Measurement[]> {
  const { operation, clients, contenders, itemsPerOperation = 1 } = scenario;
  const speeds = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of rotate(contenders, round)) {
      const inputs = await scenario.inputs(scenario.count);
      const seconds = await time(inputs, clients, run);
      if (round > 0) speeds.get(name)?.push((inputs.length * itemsPerOperation) / seconds);
    }
  }
  const [subject = []] = speeds.values();
  return [...speeds].map(([contender, samples]) => ({
    operation,
    clients,
    contender,
    perSecond: spreadOf(samples),
    ratio: spreadOf(samples.map((sample, round) => (subject[round] ?? Number.NaN) / sample)),
  }));
}

/** Seconds that it takes to run all inputs, so many at once. */
export async function time(
  inputs: readonly string[][],
  clients: number,
  run: (...ids: string[]) => Promise<void>,
): Promise<number> {
  const queue = inputs.values();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (const ids of queue) await run(...ids);
    }),
  );
  return (performance.now() - start) / 1000;
}

function rotate<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
