import SchemaBuilder from '@pothos/core';
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
import { defaultPageSize } from './pages.ts';

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
  plugins: [ScopeAuthPlugin, PrismaPlugin, RelayPlugin, ValidationPlugin],
  defaultFieldNullability: false,
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
    edgesFieldOptions: { nullable: { list: false, items: false } },
    nodeFieldOptions: { nullable: false },
  },
  scopeAuth: {
    authScopes: (context) => ({
      authenticated: () => requireCaller(context) !== null,
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

/** The builder's own type parameters, for helpers that take one of its field builders. */
export type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;

builder.addScalarType('DateTime', DateTimeResolver);
builder.addScalarType('JSONObject', JSONObjectResolver);
builder.queryType({ authScopes: { authenticated: true } });
builder.mutationType({ authScopes: { authenticated: true } });
