import { setImmediate as turn } from 'node:timers/promises';
import type { TestClient } from '../support/database.ts';
import { type HeldStatement, holdStatements } from './held-statements.ts';

// Runs sessions against each other in an order that is given, statement by statement, after PostgreSQL's isolationtester
// (src/test/isolation). A step is a statement that a session sends. A step that has to wait for a lock is left waiting, and
// the others go on.

/** What runs on a server of its own. */
export interface Session<Answer> {
  /** The name of its server. */
  readonly name: string;
  readonly run: () => Promise<Answer>;
}

/** A point at which one of several sessions could take its next step. */
interface Decision {
  readonly chosen: number;
  readonly possible: readonly number[];
}

/** A schedule as it went. */
export interface Ran<Answer> {
  readonly answers: readonly Answer[];
  readonly decisions: readonly Decision[];
  /** In words: `first: select … for update`, and `waits` behind a step that had to wait for a lock. */
  readonly steps: readonly string[];
}

interface Running {
  readonly name: string;
  readonly held: HeldStatement[];
  /** How many of its statements have been sent and not been answered, and who is to answer them. */
  unanswered: number;
  /** The processes that have run its statements, that of the last one at the end. */
  readonly pids: number[];
  isOver: boolean;
}

/**
 * Lets the sessions take their steps in the order of `choices`, and from where that ends another one than before, where
 * another one can. A session that waits for a lock cannot: to choose it is no other schedule.
 *
 * @param observer a connection of its own, which sees who waits for whom
 */
export async function runSchedule<Answer>(
  observer: TestClient,
  sessions: readonly Session<Answer>[],
  choices: readonly number[],
): Promise<Ran<Answer>> {
  const running = sessions.map(({ name }): Running => ({ name, held: [], unanswered: 0, pids: [], isOver: false }));
  const decisions: Decision[] = [];
  const steps: string[] = [];
  const stop = holdStatements((statement) => {
    running.find(({ name }) => name === statement.session)?.held.push(statement);
  });
  try {
    const answers = sessions.map(({ run }, index) =>
      run().finally(() => {
        (running[index] as Running).isOver = true;
      }),
    );
    const all = Promise.all(answers);
    all.catch(() => {});
    for (let waiting: readonly Running[] = []; ; ) {
      const stillWaiting = await untilNobodyIsBusy(observer, running);
      const waitsNow = stillWaiting.filter((session) => !waiting.includes(session));
      steps.push(...waitsNow.map(({ name }) => `${name} waits`));
      waiting = stillWaiting;
      const possible = [...running.keys()].filter((index) => isHeld(running[index] as Running));
      if (possible.length === 0 && running.every(({ isOver }) => isOver)) break;
      if (possible.length === 0) throw new Error(`All wait for each other after\n  ${steps.join('\n  ')}`);
      const last = decisions.at(-1)?.chosen;
      const chosen = choices[decisions.length] ?? possible.find((index) => index !== last) ?? Math.min(...possible);
      if (!possible.includes(chosen)) throw new Error(`Session ${chosen} cannot go on after\n  ${steps.join('\n  ')}`);
      decisions.push({ chosen, possible });
      steps.push(takeStep(running[chosen] as Running));
    }
    return { answers: await all, decisions, steps };
  } finally {
    stop();
    for (const session of running) while (session.held.length > 0) takeStep(session);
  }
}

const isHeld = ({ held, unanswered }: Running): boolean => held.length > 0 && unanswered === 0;

function takeStep(session: Running): string {
  const statement = session.held.shift();
  if (statement === undefined) throw new Error(`${session.name} has no step to take`);
  session.unanswered++;
  session.pids.push(statement.pid);
  statement.release(() => session.unanswered--);
  return `${session.name}: ${statement.text.replace(/\s+/g, ' ').trim().slice(0, 80)}`;
}

/** How long a session may be busy with one step. */
const boundMs = 30_000;

/**
 * Resolves once every session is over, has a step to take, or waits for a row, a table or a transaction that another one
 * holds, and returns those that wait. Other locks, and those of others, are held for a moment only: they are no step. Who was busy before the database was asked is what counts: one that has ended meanwhile may have freed others.
 */
async function untilNobodyIsBusy(observer: TestClient, running: readonly Running[]): Promise<Running[]> {
  const end = performance.now() + boundMs;
  while (performance.now() < end) {
    const busy = running.filter((session) => !session.isOver && !isHeld(session));
    if (busy.length === 0) return [];
    if (busy.some(({ unanswered }) => unanswered === 0)) await turn();
    else {
      const { rows } = await observer.query(
        `select distinct pid from pg_locks
         where pid = any($1::int[]) and not granted and locktype in ('relation', 'tuple', 'transactionid')
           and pg_blocking_pids(pid) && $2::int[]`,
        [busy.map(({ pids }) => pids.at(-1)), running.flatMap(({ pids }) => pids)],
      );
      if (rows.length === busy.length) return busy;
    }
  }
  const names = running.filter((session) => !session.isOver && !isHeld(session)).map(({ name }) => name);
  throw new Error(`${names.join(' and ')} did not come to an end of a step`);
}

/**
 * Goes through schedules, each other than those before, until there is none left or nobody wants another. What comes next
 * branches off from a schedule that was run, at one of its decisions.
 *
 * @param pick which of so many to run next; left out: the newest, until all have been run
 */
export async function* everySchedule<Schedule extends Ran<unknown>>(
  run: (choices: readonly number[]) => Promise<Schedule>,
  pick: (count: number) => number = (count) => count - 1,
): AsyncGenerator<Schedule> {
  const left: (readonly number[])[] = [[]];
  while (left.length > 0) {
    const [choices = []] = left.splice(pick(left.length), 1);
    const ran = await run(choices);
    yield ran;
    const taken = ran.decisions.map(({ chosen }) => chosen);
    for (const [index, { chosen, possible }] of ran.decisions.entries()) {
      if (index < choices.length) continue;
      left.push(...possible.filter((other) => other !== chosen).map((other) => [...taken.slice(0, index), other]));
    }
  }
}
