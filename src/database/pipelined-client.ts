import type { Socket } from 'node:net';
import pg from 'pg';
import { endsSession, OutcomeUnknownError } from './outcomes.ts';

/** What opens a transaction and answers nothing. */
const opening = /^(?:BEGIN|SET TRANSACTION ISOLATION LEVEL [A-Z ]+)$/;
/** What ends one, and has nothing to do for one that was never opened. */
const ending = /^(?:COMMIT|ROLLBACK)$/;

/** A statement on its way: with parameters, and without their values. */
export interface SentStatement {
  readonly text: string;
  /** Whether it is the first of a transaction. */
  readonly opensTransaction: boolean;
}

/** Told when a statement is sent. What it returns is told when that is answered, and with what it failed. */
export type StatementObserver = (statement: SentStatement) => ((error?: unknown) => void) | undefined;

export interface PipelinedClientConfig extends pg.ClientConfig {
  readonly onStatement?: StatementObserver;
}

/**
 * A connection that needs fewer round trips. It sends a statement without waiting for the answers to those before, which
 * PostgreSQL runs and answers in their order all the same; and what opens a transaction travels with its first statement.
 * That one fails if the transaction could not be opened. As statements need not be awaited one by one, a commit makes sure
 * that none has failed; and it says so when the answer to it was lost.
 *
 * One that goes silent while it owes an answer is broken, as if the network had done so: `query_timeout` says after how many
 * milliseconds. The bound of pg by that name is not used, as it rejects the statement before it breaks the connection, which
 * the pool may have handed to the next by then.
 */
export class PipelinedClient extends pg.Client {
  readonly #held: string[] = [];
  readonly #onStatement: StatementObserver | undefined;
  readonly #answerTimeoutMs: number;
  #isBroken = false;

  constructor({ onStatement, query_timeout: answerTimeoutMs = 0, ...config }: PipelinedClientConfig = {}) {
    super({ ...config, pipeline: true });
    this.#onStatement = onStatement;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.on('error', () => {
      this.#isBroken = true;
    });
    this.once('connect', () => this.#stream.on('timeout', () => this.#breakWhenSilent()));
    this.on('drain', () => this.#stream.setTimeout(0));
  }

  get #stream(): Socket {
    return (this.connection as unknown as { readonly stream: Socket }).stream;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of pg have no other signature in common
  override query(...args: any[]): any {
    const [statement] = args as [string | { readonly text?: string }];
    const text = typeof statement === 'string' ? statement : statement.text;
    if (text !== undefined && opening.test(text)) {
      this.#held.push(text);
      return nothing;
    }
    const held = this.#held.splice(0);
    if (text !== undefined && ending.test(text) && held.length > 0) return nothing;
    const send = super.query as (...args: unknown[]) => Promise<pg.QueryResult>;
    const isSent = !this.#isBroken;
    // Anew each time: a socket's time-out that has passed once does not come again by itself.
    if (isSent) this.#stream.setTimeout(this.#answerTimeoutMs);
    const opened = held.map((statement) => send.call(this, statement));
    const onAnswer = text && this.#onStatement?.({ text, opensTransaction: held.length > 0 });
    const answer = onAnswer ? follow(args, onAnswer, (followed) => send.apply(this, followed)) : send.apply(this, args);
    if (text === 'COMMIT') return requireCommit(isSent ? knowingOutcome(answer) : answer);
    return opened.length === 0 ? answer : Promise.all([answer, ...opened]).then(([first]) => first);
  }

  #breakWhenSilent(): void {
    const stream = this.#stream;
    const { bytesRead } = stream;
    // What has arrived while this process was busy is read first. It may have been all that was owed.
    setImmediate(() => {
      if (!stream.timeout) return;
      if (stream.bytesRead > bytesRead) {
        stream.setTimeout(this.#answerTimeoutMs);
        return;
      }
      const silence = new Error(`The database owes an answer, and has been silent for ${this.#answerTimeoutMs} ms`);
      stream.destroy(Object.assign(silence, { code: 'ETIMEDOUT' }));
    });
  }
}

/** Sends the statement, and tells when it is answered: to its callback, which is what a pool gives, or by a promise. */
function follow(
  args: unknown[],
  onAnswer: (error?: unknown) => void,
  send: (args: unknown[]) => Promise<pg.QueryResult>,
): Promise<pg.QueryResult> {
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    const told = (error: unknown, ...answer: unknown[]) => {
      onAnswer(error);
      callback(error, ...answer);
    };
    return send([...args.slice(0, -1), told]);
  }
  const answer = send(args);
  answer.then(() => onAnswer(), onAnswer);
  return answer;
}

const nothing = Promise.resolve({ rows: [], fields: [], rowCount: 0 });

/**
 * The answer to a commit that was sent. It stands where PostgreSQL says what came of it. All else that it fails with leaves
 * that open.
 *
 * @throws {OutcomeUnknownError}
 */
async function knowingOutcome(answer: Promise<pg.QueryResult>): Promise<pg.QueryResult> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code !== undefined && !endsSession(error.code)) throw error;
    throw new OutcomeUnknownError({ cause: error });
  }
}

/** PostgreSQL rolls back a transaction in which a statement has failed, and does not call that an error of the commit. */
async function requireCommit(answer: Promise<pg.QueryResult>): Promise<pg.QueryResult> {
  const result = await answer;
  if (result.command !== 'COMMIT') throw new Error('The transaction was rolled back: a statement of it had failed');
  return result;
}
