import { parsePrismaCursor } from '@pothos/plugin-prisma';
import { BadUserInputError, DomainError } from '../domain-error.ts';
import { type Context, sees } from './context.ts';
import { uuid } from './inputs.ts';

/** Rows on a page unless the client says otherwise. */
export const defaultPageSize = 20;
/** Rows on a page at most. */
export const maxPageSize = 100;

/** More was asked for at once than the server gives or takes. */
export class LimitExceededError extends DomainError {
  readonly code = 'LIMIT_EXCEEDED';
}

interface PageArgs {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}

/**
 * Checks the paging arguments of a connection before they reach the database, as the `maxSize` of the Prisma plugin.
 * A cursor names a row, and the database compares with that row, so a caller must not bring that of another
 * organization: its place in the order would give away its name.
 *
 * @throws LimitExceededError, BadUserInputError
 */
export function pageLimit(args: PageArgs, context: object): number {
  checkSize('first', args.first);
  checkSize('last', args.last);
  checkCursor('after', args.after, context as Context);
  checkCursor('before', args.before, context as Context);
  return maxPageSize;
}

/**
 * @throws LimitExceededError, BadUserInputError
 */
export function checkSize(argument: string, size: number | null | undefined, limit: number = maxPageSize): void {
  if (size === null || size === undefined) return;
  if (size < 0) throw new BadUserInputError(`${argument} must not be negative.`, { argument });
  if (size > limit) {
    throw new LimitExceededError(
      `${argument} must be at most ${limit}. Ask for the next page with the cursor of this one.`,
      {
        argument,
        limit,
      },
    );
  }
}

function checkCursor(argument: string, cursor: string | null | undefined, { caller }: Context): void {
  if (cursor === null || cursor === undefined) return;
  const [orgId, key] = keyOf(cursor);
  const isKey = key === undefined || typeof key === 'bigint' || uuid.safeParse(key).success;
  if (uuid.safeParse(orgId).success && isKey && sees(caller, String(orgId))) return;
  throw new BadUserInputError(
    `${argument} is no cursor of this list. Pass an endCursor or startCursor as you got it.`,
    { argument },
  );
}

/** An organization's id, alone or with what is unique inside that organization. */
function keyOf(cursor: string): unknown[] {
  try {
    const key: unknown = parsePrismaCursor(cursor);
    return Array.isArray(key) ? key : [key];
  } catch {
    return [];
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
