import {
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';
import { coordinateOf, type Field, type Input, inputOfArgument, inputsOfType } from './inputs.ts';

/** A request for one field, as it is sent. */
export interface GraphqlRequest {
  readonly operation: OperationTypeNode;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** The value of an input. Undefined leaves it out, where it may be left out. */
export type ChooseValue = (input: Input) => unknown;

/** What is asked of an object: the text between its braces, with arguments as variables of the request. */
export type Select = (type: GraphQLObjectType, write: WriteField) => string;

/** Writes a field as it is asked for: its arguments, and the selection where it needs one. */
export type WriteField = (place: Field, select: Select) => string;

/** The fields that lead from the root to the objects of a type, by the type's name. */
const routes = findRoutes();

/** The fields through which a client gets to a field, from the root on, that field included. */
export function routeTo(place: Field): readonly Field[] {
  const route = routes.get(place.owner.name);
  if (route === undefined) throw new Error(`No field leads to ${place.owner.name}`);
  return [...route, place];
}

/** A request for a field, through the fields that lead to it. */
export function requestFor(place: Field, choose: ChooseValue, select: Select = selectLeaves): GraphqlRequest {
  return requestThrough(routeTo(place), choose, select);
}

/** A request for the last of these fields, each of which is asked of what the one before gives. */
function requestThrough([root, ...rest]: readonly Field[], choose: ChooseValue, select: Select): GraphqlRequest {
  if (root === undefined) throw new Error('A request has at least one field');
  const through = ([next, ...others]: readonly Field[]): Select =>
    next === undefined ? select : (_, writeNext) => `__typename ${writeNext(next, through(others))}`;
  return writeRequest(root.owner, choose, (write) => write(root, through(rest)));
}

/**
 * A request whose selection is written by `select`.
 *
 * @param directives what the operation bears
 */
export function writeRequest(
  root: GraphQLObjectType,
  choose: ChooseValue,
  select: (write: WriteField) => string,
  directives = '',
): GraphqlRequest {
  const operation = operationOf(root);
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};
  const write: WriteField = (place, selectNext) => {
    const args = place.field.args.flatMap((argument) => {
      const value = valueFor(inputOfArgument(place, argument), choose);
      if (value === undefined) return [];
      const name = `v${declared.length}`;
      declared.push(`$${name}: ${argument.type}`);
      variables[name] = value;
      return [`${argument.name}: $${name}`];
    });
    const type = getNamedType(place.field.type);
    const selection = isObjectType(type) ? ` { ${selectNext(type, write)} }` : '';
    return `${place.field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${selection}`;
  };
  const text = select(write);
  const declaration = declared.length > 0 ? `(${declared.join(', ')})` : '';
  return { operation, query: `${operation}${declaration}${directives} { ${text} }`, variables };
}

/** All that can be asked of an object without going on to others. */
export const selectLeaves: Select = (type) => ['__typename', ...leavesOf(type).map(({ name }) => name)].join(' ');

const leavesOf = (type: GraphQLObjectType) =>
  Object.values(type.getFields()).filter((field) => field.args.length === 0 && isLeafType(getNamedType(field.type)));

/** A value for an input, made of the values of what it holds where it is a list or an input type. */
function valueFor(input: Input, choose: ChooseValue): unknown {
  const given = choose(input);
  if (given !== undefined) return given;
  const fields = inputsOfType(input.type);
  if (fields.length === 0) return undefined;
  const object = Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueFor(field, choose);
      return value === undefined ? [] : [[field.coordinate.split('.')[1], value]];
    }),
  );
  return isList(input.type) ? [object] : object;
}

const isList = (type: GraphQLInputType): boolean =>
  isNonNullType(type) ? isList(type.ofType as GraphQLInputType) : isListType(type);

/** Whether a client has to pass it. */
export const isRequired = ({ type }: Input): boolean => isNonNullType(type) && !isInputObjectType(getNamedType(type));

function operationOf(owner: GraphQLObjectType): OperationTypeNode {
  for (const operation of Object.values(OperationTypeNode))
    if (schema.getRootType(operation) === owner) return operation;
  throw new Error(`${owner.name} is no root of the schema`);
}

/** Walks the schema breadth first, so that every route is a shortest one. */
function findRoutes(): ReadonlyMap<string, readonly Field[]> {
  const found = new Map<string, readonly Field[]>();
  const waiting: GraphQLObjectType[] = [];
  const add = (type: GraphQLObjectType, route: readonly Field[]) => {
    if (found.has(type.name)) return;
    found.set(type.name, route);
    waiting.push(type);
  };
  for (const operation of Object.values(OperationTypeNode)) {
    const root = schema.getRootType(operation);
    if (root) add(root, []);
    // All that queries lead to is found before a mutation is taken for it.
    for (let owner = waiting.shift(); owner !== undefined; owner = waiting.shift()) {
      for (const field of Object.values(owner.getFields())) {
        const place = { owner, field };
        add(objectTypeOf(field.type, place), [...(found.get(owner.name) ?? []), place]);
      }
    }
  }
  return found;

  function objectTypeOf(type: GraphQLOutputType, place: Field): GraphQLObjectType {
    const named = getNamedType(type);
    if (isObjectType(named)) return named;
    if (isLeafType(named)) return place.owner;
    throw new Error(
      `${coordinateOf(place)} gives ${isInterfaceType(named) ? 'an interface' : 'a union'}: say how to ask for it`,
    );
  }
}
