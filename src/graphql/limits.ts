import type { Plugin } from 'graphql-yoga';
import { BadUserInputError, DomainError } from '../domain-error.ts';

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

/** How deep brackets of a document may nest. A deep tree query needs a few dozen; the parser's stack holds thousands. */
const maxNesting = 200;

/**
 * Refuses documents that nest too deep, before the recursive parser reads them.
 *
 * @throws LimitExceededError
 */
export function useNestingLimit(): Plugin {
  return {
    onParse({ params: { source } }) {
      const document = typeof source === 'string' ? source : source.body;
      let depth = 0;
      for (const character of document) {
        if ('{[('.includes(character)) depth++;
        else if ('}])'.includes(character)) depth--;
        if (depth > maxNesting) {
          throw new LimitExceededError(`The document nests deeper than ${maxNesting} levels. Ask for less at once.`, {
            limit: maxNesting,
          });
        }
      }
    },
  };
}
