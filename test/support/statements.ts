import pg from 'pg';

/** A statement with the values of its parameters. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Tells of every statement that the server sends to its database from now on, and returns what ends that. Who observes
 * last ends first.
 */
export function observeStatements(tell: (statement: Statement) => void): () => void {
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    const [statement] = args as [string | { text: string; values?: unknown[] }];
    const { application_name: application } = (this as unknown as { connectionParameters: pg.ClientConfig })
      .connectionParameters;
    // The connections of the test itself have another name, or none.
    if (application === 'taproot') {
      tell(typeof statement === 'string' ? { text: statement, values: [] } : { values: [], ...statement });
    }
    return Reflect.apply(original, this, args);
  } as typeof original;
  return () => {
    pg.Client.prototype.query = original;
  };
}

/** Runs the work and returns the statements that the server sent to its database meanwhile, in their order. */
export async function recordStatements(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const stop = observeStatements(({ text }) => statements.push(text));
  try {
    await work();
  } finally {
    stop();
  }
  return statements;
}
