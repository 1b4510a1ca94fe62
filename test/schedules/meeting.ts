import { randomUUID } from 'node:crypto';
import { ask } from '../model/answers.ts';
import type { Answer, Call } from '../model/calls.ts';
import type { State } from '../model/state.ts';
import { comparable, deleteOrganizations, insertState, readState } from '../model/stored.ts';
import { createSymbols, type Symbols } from '../model/symbols.ts';
import type { ApiClient } from '../support/api-client.ts';
import type { TestClient, TestDatabase } from '../support/database.ts';
import type { Neighbour } from '../support/fixtures.ts';
import { findViolations, type Violation } from '../support/invariants.ts';
import { serialAnswer, type World } from './operations.ts';
import { type Ran, runSchedule } from './runner.ts';

/** Where operations meet: each is made through a server of its own. */
export interface Stage {
  readonly database: TestDatabase;
  readonly observer: TestClient;
  readonly neighbour: Neighbour;
  readonly servers: readonly { readonly name: string; readonly api: ApiClient }[];
}

/** What came of two operations, in words that are the same for all organizations. */
export interface Outcome {
  readonly answers: readonly string[];
  readonly rows: readonly string[];
}

/** Runs one after the other, in the order given, and returns what came of it with the answers in the order of the calls. */
export async function runSerially(
  stage: Stage,
  world: World,
  calls: readonly Call[],
  order: readonly number[],
): Promise<Outcome> {
  const { outcome } = await inOrganization(stage, world, calls, async (make) => {
    const answers: Answer[] = [];
    for (const index of order) answers[index] = await make(index);
    return { answers };
  });
  return outcome;
}

/** Runs them at once, by the schedule that begins with these choices. */
export function runTogether(
  stage: Stage,
  world: World,
  calls: readonly Call[],
  choices: readonly number[],
): Promise<Ran<Answer> & Found> {
  const sessions = (make: Make) =>
    calls.map((_, index) => ({ name: serverOf(stage, index).name, run: () => make(index) }));
  return inOrganization(stage, world, calls, (make) => runSchedule(stage.observer, sessions(make), choices));
}

/** What is found after the operations. */
interface Found {
  readonly outcome: Outcome;
  readonly violations: readonly Violation[];
}

/** Makes the call of that number, through its server. */
type Make = (index: number) => Promise<Answer>;

async function inOrganization<Work extends { readonly answers: readonly Answer[] }>(
  stage: Stage,
  world: World,
  calls: readonly Call[],
  work: (make: Make) => Promise<Work>,
): Promise<Work & Found> {
  const { database, neighbour } = stage;
  const orgId = randomUUID();
  const symbols = createSymbols(orgId, neighbour);
  const initial = world.build(orgId);
  await insertState(database, initial);
  try {
    const resolved = symbols.resolve(calls);
    const done = await work((index) => ask(serverOf(stage, index).api, resolved[index] as Call, undefined));
    const stored = await readState(database, initial, []);
    const shown = done.answers.map((answer, index) => serialAnswer(calls[index] as Call, answer));
    return { ...done, outcome: inWords(symbols, initial, shown, stored), violations: await findViolations(database) };
  } finally {
    await deleteOrganizations(database, [orgId]);
  }
}

function serverOf({ servers }: Stage, index: number) {
  const server = servers[index];
  if (server === undefined) throw new Error('There are more operations than servers');
  return server;
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
