/** The bounds that every session of the database has to hold, in milliseconds. Each is longer than the one before. */
export interface SessionTimeouts {
  /** How long a statement waits for a lock. */
  readonly lockTimeoutMs: number;
  /** How long a statement may run. Longer than the wait for a lock, or that wait could not be told from it. */
  readonly statementTimeoutMs: number;
  /** How long a transaction may stay open. Longer than a statement, for Prisma's bound does not cancel one. */
  readonly transactionTimeoutMs: number;
}

/** The same as PostgreSQL's settings, which are in milliseconds too. */
export function settingsOf({ lockTimeoutMs, statementTimeoutMs, transactionTimeoutMs }: SessionTimeouts) {
  return {
    lock_timeout: lockTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: transactionTimeoutMs,
  };
}
