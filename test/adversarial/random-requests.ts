import fc from 'fast-check';
import {
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  OperationTypeNode,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';
import { hostileValuesFor } from './hostile-values.ts';
import { allFields, type Input, isId } from './inputs.ts';
import { type GraphqlRequest, isRequired, type Select, writeRequest } from './requests.ts';
import type { Ids } from './worlds.ts';

/** What fast-check draws from, value by value. */
export type Draw = fc.GeneratorValue;

const rootOf = (operation: OperationTypeNode): GraphQLObjectType => {
  const root = schema.getRootType(operation);
  if (!root) throw new Error(`There is no ${operation}`);
  return root;
};

/** Fields that a selection goes down at most. */
const maxDepth = 4;
/** Fields of one object that are asked for at most. */
const maxFields = 5;
/** Fields of a root that are asked for at most. */
const maxRootFields = 3;

/** One of a list. Drawn by its place, so that a failure is told in numbers, and not by printing the schema. */
export function pick<Item>(draw: Draw, list: readonly Item[]): Item {
  const item = list[draw(fc.nat, { max: list.length - 1 })];
  if (item === undefined) throw new Error('There is nothing to pick');
  return item;
}

/**
 * Draws a request, mostly for one field of a root and now and then for several: any fields with any arguments and any
 * selection, written out, under other names, or in fragments.
 *
 * @param ids what is mostly passed
 * @param others ids and cursors that came up somewhere, whatever they are of
 */
export function drawRequest(draw: Draw, ids: Ids, others: readonly string[]): GraphqlRequest {
  const kind = draw(fc.nat, { max: 19 });
  const root = rootOf(
    kind < 9 ? OperationTypeNode.QUERY : kind < 18 ? OperationTypeNode.MUTATION : OperationTypeNode.SUBSCRIPTION,
  );
  const places = allFields.filter(({ owner }) => owner === root);
  const count = isSeldom(draw) ? 1 + draw(fc.nat, { max: maxRootFields - 1 }) : 1;
  const isSequential = count > 1 && root === schema.getMutationType() && draw(fc.boolean);
  const fragments: string[] = [];
  const request = writeRequest(
    root,
    (input) => drawValue(draw, input, ids, others),
    (write) => {
      const fields = Array.from({ length: count }, () => {
        const select = drawSelection(draw, draw(fc.nat, { max: maxDepth }), fragments);
        return write(pick(draw, places), select);
      });
      const selection = fields.map((text, index) => (count > 1 ? `r${index}: ${text}` : text)).join(' ');
      return drawFragment(draw, root, selection, fragments);
    },
    isSequential ? ' @sequential' : '',
  );
  return { ...request, query: [request.query, ...fragments].join(' ') };
}

const isSeldom = (draw: Draw): boolean => draw(fc.nat, { max: 7 }) === 0;

function drawSelection(draw: Draw, depth: number, fragments: string[]): Select {
  return (type, write) => {
    const fields = Object.values(type.getFields()).filter((field) => depth > 0 || isLeafType(getNamedType(field.type)));
    if (fields.length === 0) return '__typename';
    const chosen = new Set(Array.from({ length: draw(fc.nat, { max: maxFields }) }, () => pick(draw, fields)));
    const written = [...chosen].map((field, index) => {
      const text = write({ owner: type, field }, drawSelection(draw, depth - 1, fragments));
      return isSeldom(draw) ? `a${index}: ${text}` : text;
    });
    return drawFragment(draw, type, ['__typename', ...written].join(' '), fragments);
  };
}

/** The selection as it is, within an inline fragment, or as one of the fragments of the document, which is added to them. */
function drawFragment(draw: Draw, type: GraphQLObjectType, selection: string, fragments: string[]): string {
  if (!isSeldom(draw)) return selection;
  if (draw(fc.boolean)) return `... on ${type.name} { ${selection} }`;
  const name = `F${fragments.length}`;
  fragments.push(`fragment ${name} on ${type.name} { ${selection} }`);
  return `...${name}`;
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
