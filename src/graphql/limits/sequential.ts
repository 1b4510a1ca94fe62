import { DirectiveLocation, GraphQLDirective, type OperationDefinitionNode } from 'graphql';
import { type Fragments, isMutation, responseNameOf, rootFieldsOf } from '../root-fields.ts';
import { LimitExceededError } from './limits.ts';

/** What a mutation says of itself that has more than one field on purpose. */
export const sequential = new GraphQLDirective({
  name: 'sequential',
  locations: [DirectiveLocation.MUTATION],
  description:
    'Lets a mutation have several fields. They run one after the other, each a whole by itself: one that fails undoes none ' +
    'before it, though the answer then holds no data, and those behind it do not run.',
});

/**
 * A mutation has one field, so that an answer is either what was done or why nothing was. Whoever wants more in one request
 * says so.
 *
 * @throws LimitExceededError
 */
export function checkMutations(operation: OperationDefinitionNode, fragments: Fragments, maxMutations: number): void {
  const fields = rootFieldsOf(operation, fragments).filter(isMutation);
  const count = new Set(fields.map(responseNameOf)).size;
  const isSequential = operation.directives?.some(({ name }) => name.value === sequential.name) ?? false;
  if (count <= (isSequential ? maxMutations : 1)) return;
  const help = isSequential
    ? `at most ${maxMutations} are taken at once. Send it in parts.`
    : 'one is taken at once. Send several requests, or let the operation bear the directive @sequential: its fields then ' +
      'run one after the other, up to the first that fails, which undoes none before it.';
  throw new LimitExceededError(`The mutation has ${count} fields, and ${help}`, {
    mutations: count,
    limit: isSequential ? maxMutations : 1,
  });
}
