import { DomainError } from '../domain-error.ts';
import { failureOf, sqlStates } from './errors.ts';

/** The database was told to make a change, and its answer was lost: whether the change was made, nobody knows here. */
export class OutcomeUnknownError extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE';
  override readonly retryable: boolean;

  /** @param advice for a call that would make another thing if it were made again. Left out: it may safely be. */
  constructor(options?: ErrorOptions, advice?: string) {
    super(
      'The answer of the database was lost: the change may have been made, or not. ' +
        (advice ?? 'Read it back to see, or make the same call again, which is safe: a change is not made twice.'),
      { outcome: 'UNKNOWN' },
      options,
    );
    this.retryable = advice === undefined;
  }
}

/** A change was made, and what it made could not be read for the answer. */
export class ResultUnreadError extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE';

  constructor(options?: ErrorOptions) {
    super(
      'The change was made, but the database could not be reached to answer with what was asked of it. Read it back in a moment.',
      { outcome: 'DONE' },
      options,
    );
  }
}

/**
 * Whether a connection that failed in this way may have carried the statement to the database, and lost its answer. So it
 * may where PostgreSQL ended the session instead of answering, and where the connection broke or went silent; not where there
 * was no connection in the first place.
 */
export function mayHaveBeenDone(error: unknown): boolean {
  const { sqlState, kind } = failureOf(error) ?? {};
  if (sqlState !== undefined) return endsSession(sqlState);
  if (kind !== undefined) return kind === 'ConnectionClosed' || kind === 'SocketTimeout';
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  if (code !== undefined) return code === 'ETIMEDOUT' || code === 'ECONNRESET' || code === 'EPIPE';
  return error.message.startsWith('Connection terminated') && !error.message.includes('connection timeout');
}

/** Whether PostgreSQL, or a pooler in its place, said with this SQLSTATE that the session is over, and no more. */
export function endsSession(sqlState: string): boolean {
  return sqlState.startsWith('08') || endedSessions.has(sqlState);
}

/** Shut down, crashed, its database dropped, or open or idle for too long, in a transaction or without. */
const endedSessions = new Set<string>([
  sqlStates.idleInTransactionTimeout,
  sqlStates.transactionTimeout,
  '57P01',
  '57P02',
  '57P04',
  '57P05',
]);
