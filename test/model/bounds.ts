/** Bounds that no call comes near, however long it is held: a time-out would be an answer that no order explains. */
export const bounds = { poolSize: 3, lockTimeoutMs: 30_000, statementTimeoutMs: 40_000, transactionTimeoutMs: 50_000 };
