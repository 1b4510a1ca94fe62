import {
  type ExecutionArgs,
  type FieldNode,
  type GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toDomainError } from '../database/errors.ts';
import { ResultUnreadError } from '../database/outcomes.ts';
import { DomainError } from '../domain-error.ts';
import { inPlaceOf } from './errors.ts';
import { fragmentsOf, responseNameOf, rootFieldsOf } from './root-fields.ts';

/** A field of a mutation failed behind others that are done: the request as a whole must not be sent again. */
class EarlierFieldsDoneError extends DomainError {
  readonly code: DomainError['code'];

  constructor(failure: DomainError, done: readonly string[]) {
    super(
      `${failure.message} What stands before it in the request is done (${done.join(', ')}): do not send that again.`,
      { ...failure.details, done },
      { cause: failure },
    );
    this.code = failure.code;
  }
}

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
  const { originalError: cause, path = [] } = error;
  const failure = toDomainError(cause);
  if (failure === undefined) return error;
  const [field, ...below] = path;
  if (below.length > 0) {
    const isOutage = failure.code === 'SERVICE_UNAVAILABLE';
    return isOutage ? inPlaceOf(error, new ResultUnreadError({ cause })) : error;
  }
  const done = fieldsBefore(String(field), operation, args);
  return done.length === 0 ? error : inPlaceOf(error, new EarlierFieldsDoneError(failure, done));
}

/** The names of the fields that were carried out before this one. */
function fieldsBefore(
  field: string,
  operation: OperationDefinitionNode,
  { document, variableValues }: ExecutionArgs,
): string[] {
  const isRun = (node: FieldNode) =>
    getDirectiveValues(GraphQLSkipDirective, node, variableValues ?? {})?.['if'] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variableValues ?? {})?.['if'] !== false;
  const fields = rootFieldsOf(operation, fragmentsOf(document)).filter(isRun);
  const names = [...new Set(fields.map(responseNameOf))];
  return names.slice(0, names.indexOf(field));
}
