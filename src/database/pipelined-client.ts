import pg from 'pg';

/** What opens a transaction and answers nothing. */
const opening = /^(?:BEGIN|SET TRANSACTION ISOLATION LEVEL [A-Z ]+)$/;

/**
 * A connection that needs fewer round trips. It sends a statement without waiting for the answers to those before, which
 * PostgreSQL runs and answers in their order all the same; and what opens a transaction travels with its first statement.
 * That one fails if the transaction could not be opened.
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
      return Promise.resolve({ rows: [], fields: [], rowCount: 0 });
    }
    const send = super.query as (...args: unknown[]) => Promise<unknown>;
    const opened = this.#held.splice(0).map((held) => send.call(this, held));
    const answer = send.apply(this, args);
    return opened.length === 0 ? answer : Promise.all([answer, ...opened]).then(([first]) => first);
  }
}
