import { randomUUID } from 'node:crypto';
import type { Answer } from '../model/calls.ts';
import type { State } from '../model/state.ts';
import { comparable, deleteOrganizations, insertState, readState } from '../model/stored.ts';
import { createSymbols, type Symbols } from '../model/symbols.ts';
import type { TestClient, TestDatabase } from '../support/database.ts';
import type { Neighbour } from '../support/fixtures.ts';
import { findViolations, type Violation } from '../support/invariants.ts';
import type { World } from './operations.ts';
import { type Ran, runSchedule } from './runner.ts';

/** Where operations meet. */
export interface Stage {
  readonly database: TestDatabase;
  readonly observer: TestClient;
  readonly neighbour: Neighbour;
}

/** One of those who meet. */
export interface Participant {
  /** The name of its connections, by which its statements are known. */
  readonly name: string;
  /** What it does, with ids in place of words. */
  readonly act: (resolve: Symbols['resolve']) => Promise<Answer>;
}

/** What came of two operations, in words that are the same for all organizations. */
export interface Outcome {
  readonly answers: readonly string[];
  readonly rows: readonly string[];
}

/** Lets them act one after the other, in the order given, and returns what came of it, with the answers in their own order. */
export async function runSerially(
  stage: Stage,
  world: World,
  participants: readonly Participant[],
  order: readonly number[],
): Promise<Outcome> {
  const { outcome } = await inOrganization(stage, world, async (resolve) => {
    const answers: Answer[] = [];
    for (const index of order) answers[index] = await (participants[index] as Participant).act(resolve);
    return { answers };
  });
  return outcome;
}

/** Lets them act at once, by the schedule that begins with these choices. */
export function runTogether(
  stage: Stage,
  world: World,
  participants: readonly Participant[],
  choices: readonly number[],
): Promise<Ran<Answer> & Found> {
  return inOrganization(stage, world, (resolve) => {
    const sessions = participants.map(({ name, act }) => ({ name, run: () => act(resolve) }));
    return runSchedule(stage.observer, sessions, choices);
  });
}

/** What is found afterwards. */
interface Found {
  readonly outcome: Outcome;
  readonly violations: readonly Violation[];
}

async function inOrganization<Work extends { readonly answers: readonly Answer[] }>(
  { database, neighbour }: Stage,
  world: World,
  work: (resolve: Symbols['resolve']) => Promise<Work>,
): Promise<Work & Found> {
  const orgId = randomUUID();
  const symbols = createSymbols(orgId, neighbour);
  const initial = world.build(orgId);
  await insertState(database, initial);
  try {
    const done = await work(symbols.resolve);
    const stored = await readState(database, initial, []);
    const outcome = inWords(symbols, initial, done.answers, stored);
    return { ...done, outcome, violations: await findViolations(database) };
  } finally {
    await deleteOrganizations(database, [orgId]);
  }
}

/** What was created without an id of the caller's choice reads as made by the one who was answered with it first. */
function inWords(symbols: Symbols, initial: State, answers: readonly Answer[], stored: State): Outcome {
  const known = new Set([...Object.keys(initial.workspaces), ...Object.keys(initial.tokens), initial.agentId]);
  const made = answers.flatMap((answer, index) => {
    const id = 'done' in answer ? (answer.done as { id?: string } | null)?.id : undefined;
    return id === undefined || known.has(id) ? [] : [[id, `@made${index}`] as const];
  });
  const read = (text: string) => made.reduce((shorter, [id, word]) => shorter.replaceAll(id, word), symbols.read(text));
  return {
    answers: answers.map((answer) => read(JSON.stringify(answer))),
    rows: comparable(stored).map(read).toSorted(),
  };
}
