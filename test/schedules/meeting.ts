import type { Answer } from '../model/calls.ts';
import type { State } from '../model/state.ts';
import { comparable, deleteOrganizations, insertState, readState } from '../model/stored.ts';
import { createSymbols, organizationSymbols, type Symbols } from '../model/symbols.ts';
import type { TestClient, TestDatabase } from '../support/database.ts';
import type { Neighbour } from '../support/fixtures.ts';
import { findViolations, type Violation } from '../support/invariants.ts';
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
  /** What it does. */
  readonly act: (place: Place) => Promise<Answer>;
  /** What it would have answered if it had answered at the end, where it answers at a moment of its own. */
  readonly lateAnswer?: (answer: Answer, stored: State) => Answer;
}

/** The organization that they meet in. */
export interface Place {
  /** Puts ids in place of words. */
  readonly resolve: Symbols['resolve'];
  /** The texts of its tokens, by their ids. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What came of two operations, in words that are the same for all organizations. */
export interface Outcome {
  readonly answers: readonly string[];
  readonly rows: readonly string[];
}

/**
 * Lets them act one after the other, in the order given, and returns what came of it, with the answers in their own order:
 * as it was answered, and with late answers.
 */
export async function runSerially(
  stage: Stage,
  initial: State,
  participants: readonly Participant[],
  order: readonly number[],
): Promise<Outcome[]> {
  const { outcome, late } = await inOrganization(stage, initial, participants, async (place) => {
    const answers: Answer[] = [];
    for (const index of order) answers[index] = await (participants[index] as Participant).act(place);
    return { answers };
  });
  return [outcome, late];
}

/** Lets them act at once, by the schedule that begins with these choices. */
export function runTogether(
  stage: Stage,
  initial: State,
  participants: readonly Participant[],
  choices: readonly number[],
): Promise<Ran<Answer> & Found> {
  return inOrganization(stage, initial, participants, (place) => {
    const sessions = participants.map(({ name, act }) => ({ name, run: () => act(place) }));
    return runSchedule(stage.observer, sessions, choices);
  });
}

/** What is found afterwards. */
interface Found {
  readonly outcome: Outcome;
  /** The same with late answers. */
  readonly late: Outcome;
  readonly violations: readonly Violation[];
}

async function inOrganization<Work extends { readonly answers: readonly Answer[] }>(
  { database, neighbour }: Stage,
  initial: State,
  participants: readonly Participant[],
  work: (place: Place) => Promise<Work>,
): Promise<Work & Found> {
  const symbols = createSymbols(initial.orgId, neighbour);
  const orgIds = symbols.resolve(organizationSymbols);
  const texts = await insertState(database, initial);
  try {
    const done = await work({ resolve: symbols.resolve, texts });
    const stored = await readState(database, initial, orgIds);
    const lateAnswers = done.answers.map(
      (answer, index) => participants[index]?.lateAnswer?.(answer, stored) ?? answer,
    );
    return {
      ...done,
      outcome: inWords(symbols, initial, done.answers, stored),
      late: inWords(symbols, initial, lateAnswers, stored),
      violations: await findViolations(database),
    };
  } finally {
    await deleteOrganizations(database, orgIds);
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
    // Lists of ids are sorted as words: ids of the server's choice sort otherwise each time.
    rows: comparable(JSON.parse(read(JSON.stringify(stored)))).toSorted(),
  };
}
