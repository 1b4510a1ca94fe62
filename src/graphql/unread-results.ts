import {
  type ExecutionArgs,
  type GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toDomainError } from '../database/errors.ts';
import { ResultUnreadError } from '../database/outcomes.ts';
import { inPlaceOf, PartlyDoneError } from './errors.ts';
import { fragmentsOf, isMutation, responseNameOf, rootFieldsOf } from './root-fields.ts';

/**
 * Says of a mutation that fails what of it was made all the same: what failed after it, in an outage that kept the result
 * from being read or in a later field, would be taken for a sign that nothing was.
 */
export function useUnreadResults(): Plugin {
  return {
    onExecute({ args }) {
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result) || result.errors === undefined) return;
          const operation = getOperationAST(args.document, args.operationName);
          if (operation?.operation !== OperationTypeNode.MUTATION) return;
          setResult({ ...result, errors: result.errors.map((error) => tellWhatWasMade(error, operation, args)) });
        },
      };
    },
  };
}

function tellWhatWasMade(error: GraphQLError, operation: OperationDefinitionNode, args: ExecutionArgs): GraphQLError {
  const { originalError: cause, path: [field, ...below] = [] } = error;
  if (field === undefined) return error;
  const isMade = below.length > 0;
  const isUnread = isMade && toDomainError(cause)?.code === 'SERVICE_UNAVAILABLE';
  const failure = isUnread ? inPlaceOf(error, new ResultUnreadError({ cause })) : error;
  const names = namesOfMutations(operation, args);
  const done = names.slice(0, names.indexOf(String(field)) + (isMade ? 1 : 0));
  return names.length === 1 || done.length === 0 ? failure : inPlaceOf(failure, new PartlyDoneError(failure, done));
}

/** The names under which the fields that are carried out are answered, in their order. */
function namesOfMutations(
  operation: OperationDefinitionNode,
  { document, variableValues }: ExecutionArgs,
): readonly string[] {
  const variables = variableValues ?? {};
  const isCarriedOut = (selection: SelectionNode) =>
    getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] !== false;
  const fields = rootFieldsOf(operation, fragmentsOf(document), isCarriedOut).filter(isMutation);
  return [...new Set(fields.map(responseNameOf))];
}
