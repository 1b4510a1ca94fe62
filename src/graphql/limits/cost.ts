import type { ComplexityErrorFn } from '@pothos/plugin-complexity';
import type { Context } from '../context.ts';
import { defaultPageSize, type PageArgs, type PageLimit } from '../pages.ts';
import { checkSize, LimitExceededError } from './limits.ts';

/**
 * How many items a list is taken to have that does not come in pages: roots, tokens, plugins, ancestors. Of one that turns out
 * longer, `long-lists.ts` counts the rest.
 */
export const usualListLength = 10;

const tooCostly: ComplexityErrorFn = (_, { complexity, maxComplexity }) =>
  new LimitExceededError(
    `The answer may hold ${complexity} fields, and at most ${maxComplexity} are given at once. Ask for smaller pages, ` +
      'and for the descendants of a workspace rather than for children of children.',
    { complexity, limit: maxComplexity },
  );

/**
 * The cost of an operation is the number of fields that its answer may hold: each field counts one, and what is below a
 * list counts once for each item that is asked for. It is reckoned from the document and its variables alone, before any
 * field of Query, Mutation or Subscription is resolved.
 */
export const costs = {
  defaultComplexity: 1,
  defaultListMultiplier: usualListLength,
  limit: ({ limits }: Context) => ({ complexity: limits.maxComplexity }),
  complexityError: tooCostly,
};

/**
 * The cost of a list of which a part is asked for: that of the part. One that is too large is refused here, before
 * anything of the operation is done.
 *
 * @throws LimitExceededError, BadUserInputError
 */
export function pageCost(limit: PageLimit = 'maxPageSize') {
  return ({ first, last }: PageArgs, { limits }: Context) => {
    checkSize('first', first, limits[limit]);
    checkSize('last', last, limits[limit]);
    return { field: 1, multiplier: first ?? last ?? defaultPageSize };
  };
}
