import pg from 'pg';

/** A statement with the values of its parameters. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A statement on its way from a connection to the database. */
export interface SentStatement {
  readonly statement: Statement;
  /** What the driver knows of the connection, which its types leave out in part. */
  readonly connection: {
    readonly connectionParameters: {
      readonly application_name?: string;
      readonly fallback_application_name?: string | false;
    };
    readonly processID: number;
  };
  /** What the driver was called with: the statement, and perhaps a callback as the last. */
  readonly args: readonly unknown[];
  /** Calls the driver. */
  readonly send: (args: readonly unknown[]) => unknown;
}

/**
 * Puts `intercept` between every connection and the driver from now on, where connections send statements, behind the
 * pipelining. It answers in the driver's place. Returns what ends that; who began last ends first.
 */
export function interceptStatements(intercept: (sent: SentStatement) => unknown): () => void {
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    const [statement] = args as [string | { text: string; values?: unknown[] }];
    return intercept({
      statement: typeof statement === 'string' ? { text: statement, values: [] } : { values: [], ...statement },
      connection: this as unknown as SentStatement['connection'],
      args,
      send: (given) => Reflect.apply(original, this, given),
    });
  } as typeof original;
  return () => {
    pg.Client.prototype.query = original;
  };
}

/** Tells of every statement that the server sends to its database from now on, and returns what ends that. */
export function observeStatements(tell: (statement: Statement) => void): () => void {
  return interceptStatements(({ statement, connection, args, send }) => {
    // The connections of the test itself have another name, or none.
    if (connection.connectionParameters.application_name === 'taproot') tell(statement);
    return send(args);
  });
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
