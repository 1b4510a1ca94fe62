import { type GraphQLArgument, isNonNullType } from 'graphql';
import { schema } from '../../src/graphql/schema.ts';
import type { AnswerError, ApiClient } from './api-client.ts';

/** Calls a mutation as a client would, as the operator unless a token is given, and returns its result. */
export async function mutate(
  api: ApiClient,
  mutation: string,
  args: Record<string, unknown>,
  selection = '{ id }',
  token?: string,
) {
  const data = await api.expectData(documentOf(mutation, selection), args, token);
  return data[mutation];
}

/** Calls a mutation that must fail, and returns its one error. */
export async function refuse(
  api: ApiClient,
  mutation: string,
  args: Record<string, unknown>,
  selection = '{ id }',
): Promise<AnswerError> {
  const { data, errors } = await api.execute(documentOf(mutation, selection), args);
  const [error] = errors ?? [];
  if (error === undefined || errors?.length !== 1 || data) {
    throw new Error(`Not one error: ${JSON.stringify({ data, errors })}`);
  }
  return error;
}

/** The mutation with a variable for each of its arguments, as the schema declares them. */
export function documentOf(mutation: string, selection: string): string {
  const field = schema.getMutationType()?.getFields()[mutation];
  if (field === undefined) throw new Error(`The schema has no mutation ${mutation}`);
  const variables = field.args.map((arg) => `$${arg.name}: ${variableType(arg)}`);
  const args = field.args.map(({ name }) => `${name}: $${name}`);
  return `mutation (${variables.join(', ')}) { ${mutation}(${args.join(', ')}) ${selection} }`;
}

/** An argument with a default may be left out, whatever its type. */
function variableType({ type, defaultValue }: GraphQLArgument): string {
  return String(isNonNullType(type) && defaultValue !== undefined ? type.ofType : type);
}
