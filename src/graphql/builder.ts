import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import ValidationPlugin from '@pothos/plugin-validation';
import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';
import { OrganizationNotFoundError } from '../organizations/errors.ts';
import { ForbiddenError } from '../tokens/authenticate.ts';
import { type Context, requireCaller, sees } from './context.ts';
import { inputError } from './inputs.ts';
import { costs } from './limits/cost.ts';
import LongListsPlugin from './limits/long-lists.ts';
import { orMore, promisedSizes } from './limits/promised-sizes.ts';
import SubscriptionCostPlugin from './limits/subscription-cost.ts';
import LoadedFieldsPlugin from './loaded-fields.ts';
import { defaultPageSize } from './pages.ts';

const pageSizes =
  `At most ${promisedSizes.page}, or ${promisedSizes.workspacePage} workspaces, ${orMore}; ` +
  `${defaultPageSize} unless first or last says otherwise.`;

/** The one schema builder. Each `<noun>.schema.ts` adds its types and fields to it. */
export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  AuthScopes: {
    /** The request bears a valid token. */
    authenticated: boolean;
    /** The caller is the operator. */
    operator: boolean;
    /** The caller may know of this organization; otherwise the field reads as if there were none. */
    sees: string;
    /** As `sees`, but refused with ORGANIZATION_NOT_FOUND, as for one that does not exist. */
    organization: string;
  };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
  };
}>({
  plugins: [
    LoadedFieldsPlugin,
    ComplexityPlugin,
    SubscriptionCostPlugin,
    LongListsPlugin,
    ScopeAuthPlugin,
    PrismaPlugin,
    RelayPlugin,
    ValidationPlugin,
  ],
  defaultFieldNullability: false,
  complexity: costs,
  prisma: {
    client: ({ prisma }) => prisma,
    dmmf: getDatamodel(),
    defaultConnectionSize: defaultPageSize,
    filterConnectionTotalCount: true,
    onUnusedQuery: 'error',
  },
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    cursorType: 'String',
    firstArgOptions: { description: `How many, from the start or after a cursor. ${pageSizes}` },
    lastArgOptions: { description: `How many, from the end or before a cursor. ${pageSizes}` },
    afterArgOptions: { description: 'The endCursor of the page before.' },
    beforeArgOptions: { description: 'The startCursor of the page behind.' },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether there are more behind this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are more before this page.' },
    startCursorFieldOptions: { description: 'What to pass as before for the page before. Null for an empty page.' },
    endCursorFieldOptions: { description: 'What to pass as after for the page behind. Null for an empty page.' },
    pageInfoFieldOptions: { description: 'Whether there are more, and how to get them.' },
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      complexity: { field: 1, multiplier: 1 },
      description: 'What is on this page.',
    },
    nodeFieldOptions: { nullable: false, description: 'The item itself.' },
    cursorFieldOptions: { description: 'The place of the item in the list. It means nothing else.' },
    defaultEdgeTypeOptions: { description: 'An item of a list, and its place there.' },
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    runScopesOnType: true,
    authScopes: (context) => ({
      authenticated: () => {
        requireCaller(context);
        return true;
      },
      operator: () => {
        if (requireCaller(context).kind === 'operator') return true;
        throw new ForbiddenError('Only the operator may do this. Use the operator token.');
      },
      sees: (orgId) => sees(requireCaller(context), orgId),
      organization: (orgId) => {
        if (sees(requireCaller(context), orgId)) return true;
        throw new OrganizationNotFoundError(orgId);
      },
    }),
    unauthorizedError: () => new ForbiddenError('This token may not read that.'),
  },
  validation: { validationError: ({ issues }) => inputError(issues) },
});

builder.addScalarType('DateTime', DateTimeResolver);
builder.addScalarType('JSONObject', JSONObjectResolver);
builder.queryType({
  description: 'What can be read. Another organization than that of the token reads as if there were none.',
  authScopes: { authenticated: true },
});
builder.mutationType({
  description:
    'What can be changed. Each field happens as a whole, or not at all; a batch of heartbeats alone counts what it recorded.',
  authScopes: { authenticated: true },
});
builder.subscriptionType({
  description:
    'What can be followed, as server-sent events: post the operation under the header "accept: text/event-stream".',
  authScopes: { authenticated: true },
});
