import fc from 'fast-check';
import { expect } from 'vitest';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { type Outcome, type Participant, runSerially, runTogether, type Stage } from './meeting.ts';
import type { World } from './operations.ts';
import { everySchedule } from './runner.ts';

/** Picks one of so many schedules to run next, the same for the same seed. */
export type Pick = (count: number) => number;

export function createPick(): Pick {
  const numbers = fc.sample(fc.nat(), { seed: seedOfRun(), numRuns: 1_000 });
  let picked = 0;
  return (count) => (numbers[picked++ % numbers.length] ?? 0) % count;
}

/**
 * Runs schedules of two participants, all of them in a deep run, and expects that each ends with the answers and the rows of
 * one of the two orders in which they can act one after the other, and that no row breaks an invariant.
 *
 * @param sample how many schedules a bounded run tries
 */
export async function expectSerial(
  stage: Stage,
  world: World,
  participants: readonly [Participant, Participant],
  { pick, sample }: { readonly pick: Pick; readonly sample: number },
): Promise<void> {
  const wanted = tries({ bounded: sample, deep: Number.POSITIVE_INFINITY });
  const serial = [
    await runSerially(stage, world, participants, [0, 1]),
    await runSerially(stage, world, participants, [1, 0]),
  ];
  const run = (choices: readonly number[]) => runTogether(stage, world, participants, choices);
  let tried = 0;
  for await (const { outcome, violations, steps } of everySchedule(run, pick)) {
    const schedule = `\n  ${steps.join('\n  ')}\n`;
    const differences = serial.map((order) => differenceOf(outcome, order));
    expect(differences, `how either order ends otherwise than the schedule${schedule}`).toContainEqual([]);
    expect(violations, `what is wrong after the schedule${schedule}`).toEqual([]);
    countTried('schedules');
    if (++tried >= wanted) break;
  }
}

/** The answers and rows that only one of two outcomes has. */
function differenceOf(one: Outcome, other: Outcome): string[] {
  const only = (lines: readonly string[], others: readonly string[]) => lines.filter((line) => !others.includes(line));
  const [lines, otherLines] = [linesOf(one), linesOf(other)];
  return [...only(lines, otherLines), ...only(otherLines, lines).map((line) => `not ${line}`)];
}

function linesOf({ answers, rows }: Outcome): string[] {
  const numbered = answers.map((answer, index) => `answer ${index}: ${answer}`);
  // Of two rows that are alike each counts.
  return [...numbered, ...rows.map((row, index) => (rows[index - 1] === row ? `${row} again` : row))];
}
