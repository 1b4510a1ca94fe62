import pg from 'pg';

/** Runs the work and returns the statements that the server sent to its database meanwhile, in their order. */
export async function recordStatements(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    const [statement] = args as [string | { text: string }];
    const { application_name: application } = (this as unknown as { connectionParameters: pg.ClientConfig })
      .connectionParameters;
    // The connections of the test itself have another name, or none.
    if (application === 'taproot') statements.push(typeof statement === 'string' ? statement : statement.text);
    return Reflect.apply(original, this, args);
  } as typeof original;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = original;
  }
  return statements;
}
