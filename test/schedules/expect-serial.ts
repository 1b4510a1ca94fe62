import { createHash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { expect } from 'vitest';
import { difference } from '../model/difference.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { type Outcome, type Participant, runSerially, runTogether, type Stage } from './meeting.ts';
import type { World } from './operations.ts';
import { everySchedule } from './runner.ts';

/** How many schedules are tried. */
export interface Sample {
  readonly bounded: number;
  readonly deep: number;
}

/**
 * Runs schedules of two participants, and expects that each ends with the answers and the rows of one of the two orders in
 * which they can act one after the other, and that no row breaks an invariant.
 *
 * @param title who meets: which schedules are tried, and on which ids, follows from that and the seed of the run
 */
export async function expectSerial(
  stage: Stage,
  world: World,
  participants: readonly [Participant, Participant],
  { title, sample }: { readonly title: string; readonly sample: Sample },
): Promise<void> {
  const wanted = tries(sample);
  const chance = `${seedOfRun()} ${title}`;
  let runs = 0;
  const nextOrgId = () => uuidv5(`${chance} ${runs++}`, uuidv5.URL);
  const serial = [
    ...(await runSerially(stage, world.build(nextOrgId()), participants, [0, 1])),
    ...(await runSerially(stage, world.build(nextOrgId()), participants, [1, 0])),
  ];
  const run = (choices: readonly number[]) => runTogether(stage, world.build(nextOrgId()), participants, choices);
  const pick = (count: number) => createHash('sha256').update(`${chance} ${runs}`).digest().readUInt32BE() % count;
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
  const { onlyInOne, onlyInOther } = difference(linesOf(one), linesOf(other));
  return [...onlyInOne, ...onlyInOther.map((line) => `not ${line}`)];
}

const linesOf = ({ answers, rows }: Outcome) => [
  ...answers.map((answer, index) => `answer ${index}: ${answer}`),
  ...rows,
];
