import { BadUserInputError, DomainError } from '../../domain-error.ts';

/** How much a request may ask for, and a caller. All of it is set from outside. */
export interface Limits {
  /** Bytes of a request's body. */
  readonly maxBodyBytes: number;
  /** Words and marks of a document, as GraphQL reads them; comments besides; and selections of an operation, fragments included. */
  readonly maxTokens: number;
  /** Fields that an operation nests, fragments included. The edges and the node of a list are one with it. Prisma takes 60. */
  readonly maxDepth: number;
  /** Fields of an operation that are renamed, fragments included. */
  readonly maxAliases: number;
  /** Directives that an operation applies, fragments included. */
  readonly maxDirectives: number;
  /** Fields that the answer to an operation may hold, as `cost.ts` counts them. */
  readonly maxComplexity: number;
  /** Fields of a mutation that says it has several. */
  readonly maxMutations: number;
  /** Items on a page. Clients have been promised a hundred. */
  readonly maxPageSize: number;
  /** Workspaces on a page: whoever shows a tree loads it whole. Clients have been promised a thousand. */
  readonly maxWorkspacePageSize: number;
  /** Heartbeats in a batch. Clients have been promised a thousand. */
  readonly maxHeartbeats: number;
  /** Subscriptions that a token has open at one process. */
  readonly maxSubscriptions: number;
  /** Milliseconds that a request may take to arrive, and to be answered. Subscriptions end otherwise. */
  readonly requestTimeoutMs: number;
  /** Requests of each organization token in a minute. 0: as many as it likes. */
  readonly ratePerMinute: number;
  /** Requests of the operator in a minute. 0: as many as it likes. */
  readonly operatorRatePerMinute: number;
}

/** More was asked for at once than the server gives or takes. */
export class LimitExceededError extends DomainError {
  readonly code = 'LIMIT_EXCEEDED';
}

/**
 * @throws LimitExceededError, BadUserInputError
 */
export function checkSize(argument: string, size: number | null | undefined, limit: number): void {
  if (size === null || size === undefined) return;
  if (size < 0) throw new BadUserInputError(`${argument} must not be negative.`, { argument });
  if (size > limit) {
    throw new LimitExceededError(`${argument} must be at most ${limit}.`, {
      argument,
      limit,
    });
  }
}

/**
 * @throws LimitExceededError
 */
export function checkListSize(argument: string, list: readonly unknown[], limit: number): void {
  if (list.length <= limit) return;
  throw new LimitExceededError(
    `${argument} holds ${list.length} items, and at most ${limit} are taken at once. Send it in parts.`,
    {
      argument,
      limit,
    },
  );
}
