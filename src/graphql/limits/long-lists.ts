import SchemaBuilder, {
  BasePlugin,
  createContextCache,
  initContextCache,
  isThenable,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import { PothosComplexityPlugin } from '@pothos/plugin-complexity';
import {
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  getNamedType,
  isLeafType,
  Kind,
  OperationTypeNode,
} from 'graphql';
import type { Context } from '../context.ts';
import { usualListLength } from './cost.ts';
import { LimitExceededError } from './limits.ts';

const pluginName = 'longLists' as const;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      longLists: LongListsPlugin<Types>;
    }
  }
}

/**
 * Keeps an answer within the limit whose lists turn out longer than they were reckoned with. A list that comes in pages
 * cannot be longer; of any other, each item beyond the usual length counts with all that is asked for of it, as soon as
 * the list is there and before any of its items is looked into.
 */
class LongListsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  readonly complexity = new PothosComplexityPlugin<Types>(this.buildCache, 'complexity');
  readonly budget = createContextCache((context: Context, info: GraphQLResolveInfo) => ({
    left: context.limits.maxComplexity - this.complexity.complexityCache(context, info).complexity,
    /** What an item of a list costs, by the nodes that ask for it: of many lists they are the same. */
    costs: new WeakMap<GraphQLResolveInfo['fieldNodes'], number>(),
  }));

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { type, pothosOptions }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    // With a complexity of its own, it is reckoned with the items that are asked for.
    if (type.kind !== 'List' || pothosOptions.complexity !== undefined) return resolver;
    return (parent, args, context, info) => {
      const check = (items: unknown) => this.check(items, context as Context, info);
      const resolved = resolver(parent, args, context, info);
      return isThenable(resolved) ? resolved.then(check) : check(resolved);
    };
  }

  check(items: unknown, context: Context, info: GraphQLResolveInfo): unknown {
    if (!Array.isArray(items) || items.length <= usualListLength || isLeafType(getNamedType(info.returnType))) {
      return items;
    }
    const budget = this.budget(context, info);
    const cost = budget.costs.get(info.fieldNodes) ?? this.costOfItem(context, info);
    budget.costs.set(info.fieldNodes, cost);
    budget.left -= (items.length - usualListLength) * cost;
    if (budget.left >= 0) return items;
    const limit = context.limits.maxComplexity;
    throw new LimitExceededError(
      `The answer would hold more than ${limit} fields: ${info.fieldName} has ${items.length} items here, and of each up to ${cost} ` +
        `fields are asked for. Ask for less below it, where lists in lists multiply.${changed(info)}`,
      { limit },
    );
  }

  /** That of an operation with these selections, on a schema whose root type is that of the items. */
  costOfItem(context: Context, info: GraphQLResolveInfo): number {
    const rootType = getNamedType(info.returnType);
    const schema = Object.assign(Object.create(info.schema), { getRootType: () => rootType });
    const selections = info.fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
    const operation = { ...info.operation, selectionSet: { kind: Kind.SELECTION_SET, selections } as const };
    // Costs are kept by context: this one is another operation's.
    return this.complexity.complexityCache({ ...context, ...initContextCache() }, { ...info, schema, operation })
      .complexity;
  }
}

const changed = ({ operation: { operation } }: GraphQLResolveInfo) =>
  operation === OperationTypeNode.MUTATION ? ' The change itself was made.' : '';

SchemaBuilder.registerPlugin(pluginName, LongListsPlugin);

export default pluginName;
