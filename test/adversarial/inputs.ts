import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';
import { type IdMeaning, type Meaning, meanings } from './meanings.ts';

/** A field of an object type, and where it stands. */
export interface Field {
  readonly owner: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
}

/** A place where a client passes a value: an argument, or a field of an input type that some argument takes. */
export interface Input {
  /** `Type.field(argument)`, or `Input.field`. */
  readonly coordinate: string;
  readonly type: GraphQLInputType;
  /** Undefined for what its type tells all about: flags, enums and input types. */
  readonly meaning: Meaning | undefined;
}

/** Scalars whose values mean nothing by themselves. A scalar that is in neither list fails the suite. */
const meaningfulScalars = new Set(['ID', 'String', 'Int', 'DateTime']);
const plainScalars = new Set(['Boolean']);

/** Every field of every object type of the schema. */
export const allFields: readonly Field[] = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith('__'))
  .flatMap((owner) => Object.values(owner.getFields()).map((field) => ({ owner, field })));

export const coordinateOf = ({ owner, field }: Field): string => `${owner.name}.${field.name}`;

/** The argument as an input. */
export function inputOfArgument(place: Field, argument: GraphQLArgument): Input {
  const coordinate = `${coordinateOf(place)}(${argument.name})`;
  const { type } = argument;
  const connection = getNamedType(place.field.type).name;
  const isCursor = /^(?:after|before)$/.test(argument.name) && connection.endsWith('Connection');
  return { coordinate, type, meaning: meaningOf(coordinate, argument, isCursor ? (connection as Meaning) : undefined) };
}

/** The fields of an input type, each as an input. */
export function inputsOfType(type: GraphQLInputType): Input[] {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return [];
  return Object.values(named.getFields()).map((field) => {
    const coordinate = `${named.name}.${field.name}`;
    return { coordinate, type: field.type, meaning: meaningOf(coordinate, field) };
  });
}

/** All inputs that a field takes, those inside of input types included. */
export function inputsOf(place: Field): Input[] {
  const within = (input: Input): Input[] => [input, ...inputsOfType(input.type).flatMap(within)];
  return place.field.args.flatMap((argument) => within(inputOfArgument(place, argument)));
}

export const isId = (meaning: Meaning | undefined): meaning is IdMeaning =>
  meaning !== undefined && !notIds.has(meaning);

const notIds = new Set<Meaning>(['size', 'name', 'runtime', 'plugin', 'message', 'search', 'time']);

/** Throws at an input that nobody has said the meaning of: what stands in its place would be guessed otherwise. */
function meaningOf(
  coordinate: string,
  { name, type }: GraphQLArgument | GraphQLInputField,
  cursor?: Meaning,
): Meaning | undefined {
  const named = getNamedType(type);
  if (isEnumType(named) || isInputObjectType(named)) return undefined;
  if (isScalarType(named) && plainScalars.has(named.name)) return undefined;
  if (!meaningfulScalars.has(named.name))
    throw new Error(`${coordinate} is of type ${named}, which this suite does not know`);
  const meaning = meanings[coordinate] ?? cursor ?? meanings[name];
  if (meaning === undefined) throw new Error(`meanings.ts does not say what ${coordinate} means`);
  return meaning;
}
