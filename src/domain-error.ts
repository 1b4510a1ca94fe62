/** The closed set of codes that a client may meet in `extensions.code`. All else is masked. */
export const errorCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'ORGANIZATION_NOT_FOUND',
  'WORKSPACE_NOT_FOUND',
  'API_TOKEN_NOT_FOUND',
  'NAME_CONFLICT',
  'ALREADY_EXISTS',
  'AMBIGUOUS_ROOT',
  'HAS_CHILDREN',
  'WOULD_CYCLE',
  'WORKSPACE_REMOVED',
  'PLATFORM_AGENT_IMMOVABLE',
  'LIMIT_EXCEEDED',
  'LOCK_TIMEOUT',
  'SERVICE_UNAVAILABLE',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * An expected failure. Its message is written for the person who called and says what to do; its details are the ids
 * and values that a program needs to do it. Both reach the client unchanged, so neither may hold a secret.
 */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;
  /** Whether the same call may succeed if it is made again unchanged. */
  readonly retryable: boolean = false;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.details = details;
  }
}

/** An argument that no state of the database could make right. */
export class BadUserInputError extends DomainError {
  readonly code = 'BAD_USER_INPUT';
}
