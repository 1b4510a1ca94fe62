import { type GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { ResultUnreadError, toDomainError } from '../database/errors.ts';
import { inPlaceOf } from './errors.ts';

/**
 * Tells the outage that comes between a mutation and the reading of what was selected of its result from one that comes
 * before: the change is made by then, and must not be taken for one that failed.
 */
export function useUnreadResults(): Plugin {
  return {
    onExecute({ args: { document, operationName } }) {
      if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.MUTATION) return undefined;
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result) || result.errors === undefined) return;
          setResult({ ...result, errors: result.errors.map(tellThatItWasMade) });
        },
      };
    },
  };
}

function tellThatItWasMade(error: GraphQLError): GraphQLError {
  const { originalError: cause, path = [] } = error;
  const isBelowMutation = path.length > 1;
  if (!isBelowMutation || toDomainError(cause)?.code !== 'SERVICE_UNAVAILABLE') return error;
  return inPlaceOf(error, new ResultUnreadError({ cause }));
}
