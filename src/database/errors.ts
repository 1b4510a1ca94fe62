import { DomainError } from '../domain-error.ts';
import { AlreadyExistsError, NameConflictError } from '../workspaces/errors.ts';

/** The SQLSTATEs that this program acts on. Source: PostgreSQL's documentation, appendix A. */
export const sqlStates = {
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  lockNotAvailable: '55P03',
  idleInTransactionTimeout: '25P03',
  transactionTimeout: '25P04',
  readOnlyTransaction: '25006',
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
} as const;

/**
 * The classes of SQLSTATEs, their first two characters, that say nothing about the request: the database, or the way to it,
 * is not in order.
 */
const outageClasses: readonly string[] = [
  // The connection. PgBouncer answers 08P01 in PostgreSQL's place: it has none to give, or lost the one it had given.
  '08',
  // Out of resources: of disk (53100), of memory (53200), of connections (53300).
  '53',
  // Somebody intervened: a statement was canceled or ran out of its time (57014), a session or the server was shut down.
  '57',
  // The system that PostgreSQL runs on: a disk that does not read or write (58030).
  '58',
];

/** A lock was not had within its bound: another write to the same organization is still under way. */
export class LockTimeoutError extends DomainError {
  readonly code = 'LOCK_TIMEOUT';
  override readonly retryable = true;
}

/** The database is out of reach, restarting, out of room, or too busy. Where it is thrown, nothing was changed. */
export class ServiceUnavailableError extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE';
  override readonly retryable = true;
}

interface DatabaseFailure {
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;
  readonly kind: string | undefined;
}

/** Which transactions are worth running again from the start: those that PostgreSQL ended to let another pass. */
export function isTransientConflict(error: unknown): boolean {
  const sqlState = failureOf(error)?.sqlState;
  return sqlState === sqlStates.deadlockDetected || sqlState === sqlStates.serializationFailure;
}

/**
 * The one place where what PostgreSQL, the driver and Prisma throw becomes an error that a client may see. Constraints
 * are known by name and states by SQLSTATE, never by message text. Returns undefined for what is nobody's to see.
 */
export function toDomainError(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  const cause = { cause: error };
  const { sqlState, constraint, kind } = failureOf(error) ?? {};
  switch (sqlState) {
    case sqlStates.uniqueViolation:
      if (constraint === 'workspaces_parent_name_uniq') return new NameConflictError({}, cause);
      if (constraint === 'workspaces_pkey') return new AlreadyExistsError('workspace', {}, cause);
      return undefined;
    case sqlStates.foreignKeyViolation:
      return constraint !== undefined && treeConstraints.has(constraint)
        ? new LockTimeoutError('Another writer changed the tree of this organization meanwhile. Try again.', {}, cause)
        : undefined;
    case sqlStates.lockNotAvailable:
      return new LockTimeoutError('Another change is still running. Try again.', {}, cause);
    case sqlStates.deadlockDetected:
    case sqlStates.serializationFailure:
      return new LockTimeoutError('This change kept colliding with others. Try again.', {}, cause);
    case sqlStates.idleInTransactionTimeout:
    case sqlStates.transactionTimeout:
    case sqlStates.readOnlyTransaction:
      return unavailable(cause);
  }
  if (sqlState !== undefined && outageClasses.includes(sqlState.slice(0, 2))) return unavailable(cause);
  if (kind !== undefined && connectionFailures.has(kind)) return unavailable(cause);
  return isConnectionFailure(error) ? unavailable(cause) : undefined;
}

/** The error of an outage that changed nothing. */
export const unavailable = (cause: ErrorOptions) =>
  new ServiceUnavailableError('The database cannot be reached or is too busy. Try again in a moment.', {}, cause);

/** What operations look at under the organization's lock, and only a writer that takes none can break meanwhile. */
const treeConstraints = new Set([
  'workspaces_parent_fkey',
  'workspaces_sole_root_fkey',
  'org_plugin_allowlist_root_fkey',
  'org_api_tokens_root_fkey',
]);

/** The driver adapter's names for a database that cannot be reached. */
const connectionFailures = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'AuthenticationFailed',
  'DatabaseDoesNotExist',
  'DatabaseAccessDenied',
]);

/** Prisma's codes for: cannot connect, time out, pool or transaction not had or lost. Source: its error reference. */
const connectionCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);

function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && (connectionCodes.has(code) || socketCodes.has(code))) return true;
  // The pool and the driver throw plain errors without a code for these, so their texts are all there is to know them by.
  return poolMessages.some((text) => error.message.includes(text));
}

/** The system's codes for a way to the database that is not there, or not any more. */
const socketCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  // The file of a socket that PostgreSQL removes when it stops.
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

const poolMessages = [
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Client has encountered a connection error',
  'Cannot use a pool after calling end on the pool',
];

/** Digs the driver's own account out of what Prisma wraps around it. */
export function failureOf(error: unknown): DatabaseFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const meta = field(error, 'meta');
  const adapterError =
    field(meta, 'driverAdapterError') ??
    (error instanceof Error && error.name === 'DriverAdapterError' ? error : undefined);
  const cause = field(adapterError, 'cause');
  if (cause === undefined) {
    return field(error, 'code') === 'P2034'
      ? { sqlState: sqlStates.serializationFailure, constraint: undefined, kind: undefined }
      : undefined;
  }
  return {
    sqlState: text(field(cause, 'originalCode')),
    constraint: text(field(field(cause, 'constraint'), 'index')),
    kind: text(field(cause, 'kind')),
  };
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
