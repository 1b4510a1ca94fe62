import fc from 'fast-check';
import { type GraphQLObjectType, getNamedType, isEnumType, isInputObjectType, isLeafType } from 'graphql';
import { schema } from '../../src/graphql/schema.ts';
import { hostileValuesFor } from './hostile-values.ts';
import { allFields, type Input, isId } from './inputs.ts';
import { type GraphqlRequest, isRequired, requestThrough, type Select } from './requests.ts';
import type { Ids } from './worlds.ts';

/** What fast-check draws from, value by value. */
export type Draw = fc.GeneratorValue;

const rootsOf = (type: GraphQLObjectType | null | undefined) => allFields.filter(({ owner }) => owner === type);
const roots = [
  rootsOf(schema.getQueryType()),
  rootsOf(schema.getMutationType()),
  rootsOf(schema.getSubscriptionType()),
];

/** Fields that a selection goes down at most. */
const maxDepth = 4;
/** Fields of one object that are asked for at most. */
const maxFields = 5;

/** One of a list. Drawn by its place, so that a failure is told in numbers, and not by printing the schema. */
export function pick<Item>(draw: Draw, list: readonly Item[]): Item {
  const item = list[draw(fc.nat, { max: list.length - 1 })];
  if (item === undefined) throw new Error('There is nothing to pick');
  return item;
}

/**
 * Draws a request for one field of a root: any field with any arguments and any selection.
 *
 * @param ids what is mostly passed
 * @param others ids and cursors that came up somewhere, whatever they are of
 */
export function drawRequest(draw: Draw, ids: Ids, others: readonly string[]): GraphqlRequest {
  const [queries = [], mutations = [], subscriptions = []] = roots;
  const kind = draw(fc.nat, { max: 19 });
  const root = pick(draw, kind < 9 ? queries : kind < 18 ? mutations : subscriptions);
  const select = drawSelection(draw, draw(fc.nat, { max: maxDepth }));
  return requestThrough([root], (input) => drawValue(draw, input, ids, others), select);
}

function drawSelection(draw: Draw, depth: number): Select {
  return (type, write) => {
    const fields = Object.values(type.getFields()).filter((field) => depth > 0 || isLeafType(getNamedType(field.type)));
    if (fields.length === 0) return '__typename';
    const chosen = new Set(Array.from({ length: draw(fc.nat, { max: maxFields }) }, () => pick(draw, fields)));
    return [
      '__typename',
      ...[...chosen].map((field) => write({ owner: type, field }, drawSelection(draw, depth - 1))),
    ].join(' ');
  };
}

/** Mostly what is possible, else what belongs elsewhere, else what is hostile. Undefined leaves it out. */
function drawValue(draw: Draw, input: Input, ids: Ids, others: readonly string[]): unknown {
  if (!isRequired(input) && draw(fc.boolean)) return undefined;
  const luck = draw(fc.nat, { max: 19 });
  if (luck === 0) return hostileValuesFor(input)[draw(fc.nat, { max: hostileValuesFor(input).length - 1 })];
  const { meaning, type } = input;
  if (isId(meaning)) return luck < 15 ? ids[meaning] : pick(draw, others);
  switch (meaning) {
    case 'size':
      return draw(fc.integer, { min: 0, max: 20 });
    case 'time':
      return draw(fc.date, {
        min: new Date('2900-01-01'),
        max: new Date('3000-01-01'),
        noInvalidDate: true,
      }).toISOString();
    case undefined: {
      const named = getNamedType(type);
      if (isInputObjectType(named)) return undefined;
      if (!isEnumType(named)) return draw(fc.boolean);
      return pick(
        draw,
        named.getValues().map(({ name }) => name),
      );
    }
    default:
      return draw(fc.string, { unit: 'grapheme', minLength: 1, maxLength: 12 });
  }
}
