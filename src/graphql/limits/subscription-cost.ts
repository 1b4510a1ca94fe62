import SchemaBuilder, { BasePlugin, type SchemaTypes } from '@pothos/core';
import { PothosComplexityPlugin } from '@pothos/plugin-complexity';
import type { GraphQLFieldResolver } from 'graphql';

const pluginName = 'subscriptionCost' as const;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      subscriptionCost: SubscriptionCostPlugin<Types>;
    }
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>;

/**
 * Refuses a subscription that costs too much before it begins. The plugin that reckons costs looks at them when a field is
 * resolved: that of a subscription is resolved for the first time when it has begun.
 */
class SubscriptionCostPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  readonly complexity = new PothosComplexityPlugin<Types>(this.buildCache, 'complexity');

  override wrapSubscribe(subscribe: Resolver<Types> | undefined): Resolver<Types> | undefined {
    if (subscribe === undefined) return undefined;
    return (parent, args, context, info) => {
      this.complexity.checkComplexity(context, info);
      return subscribe(parent, args, context, info);
    };
  }
}

SchemaBuilder.registerPlugin(pluginName, SubscriptionCostPlugin);

export default pluginName;
