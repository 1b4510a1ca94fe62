import pg from 'pg';

/** What opens a transaction and answers nothing. */
const opening = /^(?:BEGIN|SET TRANSACTION ISOLATION LEVEL [A-Z ]+)$/;
/** What ends one, and has nothing to do for one that was never opened. */
const ending = /^(?:COMMIT|ROLLBACK)$/;

/**
 * A connection that needs fewer round trips. It sends a statement without waiting for the answers to those before, which
 * PostgreSQL runs and answers in their order all the same; and what opens a transaction travels with its first statement.
 * That one fails if the transaction could not be opened. As statements need not be awaited one by one, a commit makes sure
 * that none has failed.
 */
export class PipelinedClient extends pg.Client {
  readonly #held: string[] = [];

  constructor(config: pg.ClientConfig = {}) {
    super({ ...config, pipeline: true });
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
    const answer = send.apply(this, args);
    if (text === 'COMMIT') return answer.then(requireCommit);
    return opened.length === 0 ? answer : Promise.all([answer, ...opened]).then(([first]) => first);
  }
}

const nothing = Promise.resolve({ rows: [], fields: [], rowCount: 0 });

/** PostgreSQL rolls back a transaction in which a statement has failed, and does not call that an error of the commit. */
function requireCommit(result: pg.QueryResult): pg.QueryResult {
  if (result.command !== 'COMMIT') throw new Error('The transaction was rolled back: a statement of it had failed');
  return result;
}
