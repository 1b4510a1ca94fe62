import pg from 'pg';

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

/**
 * A connection that needs fewer round trips. It sends a statement without waiting for the answers to those before, which
 * PostgreSQL runs and answers in their order all the same; and what opens a transaction travels with its first statement.
 * That one fails if the transaction could not be opened. As statements need not be awaited one by one, a commit makes sure
 * that none has failed.
 */
export class PipelinedClient extends pg.Client {
  readonly #held: string[] = [];
  readonly #onStatement: StatementObserver | undefined;

  constructor({ onStatement, ...config }: pg.ClientConfig & { readonly onStatement?: StatementObserver } = {}) {
    super({ ...config, pipeline: true });
    this.#onStatement = onStatement;
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
    const opened = held.map((statement) => send.call(this, statement));
    const onAnswer = text && this.#onStatement?.({ text, opensTransaction: held.length > 0 });
    const answer = onAnswer ? follow(args, onAnswer, (followed) => send.apply(this, followed)) : send.apply(this, args);
    if (text === 'COMMIT') return answer.then(requireCommit);
    return opened.length === 0 ? answer : Promise.all([answer, ...opened]).then(([first]) => first);
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

/** PostgreSQL rolls back a transaction in which a statement has failed, and does not call that an error of the commit. */
function requireCommit(result: pg.QueryResult): pg.QueryResult {
  if (result.command !== 'COMMIT') throw new Error('The transaction was rolled back: a statement of it had failed');
  return result;
}
