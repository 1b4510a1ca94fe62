import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchDeadlocks } from '../concurrency/interleaving.ts';
import type { Call } from '../model/calls.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { sessionUrl } from './held-statements.ts';
import { type Outcome, runSerially, runTogether, type Stage } from './meeting.ts';
import { operationsOf, type World, worlds } from './operations.ts';
import { everySchedule } from './runner.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
// Bounds that no step comes near, however long it is held.
const bounds = { poolSize: 3, lockTimeoutMs: 30_000, statementTimeoutMs: 40_000, transactionTimeoutMs: 50_000 };
const servers = ['first', 'second'].map((name) => ({
  name,
  api: createTestApi({ ...database, url: sessionUrl(database.url, name) }, bounds),
}));
const neighbour = watchNeighbour(database);
const observer = await database.connect();
const stage: Stage = { database, observer, neighbour, servers };

interface Pair {
  readonly title: string;
  readonly world: World;
  readonly calls: readonly [Call, Call];
}

/** Each operation with itself and with all others. */
function pairsOf(world: World): Pair[] {
  const operations = Object.entries(operationsOf(world));
  return operations.flatMap(([name, call], index) =>
    operations.slice(index).map(([otherName, other]) => ({
      title: `${name} and ${otherName}`,
      world,
      calls: [call, other] as const,
    })),
  );
}

/** Of a part of the schedules which, the same for the same seed. */
function createPick(): (count: number) => number {
  const numbers = fc.sample(fc.nat(), { seed: seedOfRun(), numRuns: 1_000 });
  let picked = 0;
  return (count) => (numbers[picked++ % numbers.length] ?? 0) % count;
}
const pick = createPick();

async function expectSerial({ world, calls }: Pair): Promise<void> {
  const serial = [await runSerially(stage, world, calls, [0, 1]), await runSerially(stage, world, calls, [1, 0])];
  let tried = 0;
  for await (const { outcome, violations, steps } of everySchedule(
    (choices) => runTogether(stage, world, calls, choices),
    pick,
  )) {
    const schedule = `\n  ${steps.join('\n  ')}\n`;
    const differences = serial.map((order) => differenceOf(outcome, order));
    expect(differences, `how either order ends otherwise than the schedule${schedule}`).toContainEqual([]);
    expect(violations, `what is wrong after the schedule${schedule}`).toEqual([]);
    countTried('schedules');
    if (++tried >= tries({ bounded: world.sample, deep: Number.POSITIVE_INFINITY })) break;
  }
}

/** The answers and rows that only one of two outcomes has. */
function differenceOf(one: Outcome, other: Outcome): string[] {
  const only = (lines: readonly string[], others: readonly string[]) => lines.filter((line) => !others.includes(line));
  const [lines, otherLines] = [one, other].map(({ answers, rows }) => [
    ...answers.map((answer, index) => `${servers[index]?.name} is answered ${answer}`),
    // Of two rows that are alike each counts.
    ...rows.map((row, index) => (rows[index - 1] === row ? `${row} again` : row)),
  ]) as [string[], string[]];
  return [...only(lines, otherLines), ...only(otherLines, lines).map((line) => `not ${line}`)];
}

test.each(worlds.flatMap((world) => pairsOf(world)).map((pair) => [pair.world.title, pair.title, pair] as const))(
  '%s, %s end as one after the other, however their statements meet',
  (_, __, pair) => expectSerial(pair),
);
