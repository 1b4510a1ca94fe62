import { inTransaction, notToRepeat } from '../database/transaction.ts';
import { builder } from '../graphql/builder.ts';
import { type Context, ofOrganization, requireCaller } from '../graphql/context.ts';
import { lineRules, organizationName, searchText, uuid } from '../graphql/inputs.ts';
import { pageCost } from '../graphql/limits/cost.ts';
import { cursorKeys, pageLimit, type RelatedPage, totalDescription, totalOf } from '../graphql/pages.ts';
import { actorOf } from '../tokens/authenticate.ts';
import { byName, live } from '../workspaces/selections.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';
import { createOrganization } from './create-organization.ts';
import { countOrganizations, listOrganizations, type OrganizationReader } from './list-organizations.ts';
import type { StatusCounts } from './status-counts.ts';

const StatusCountsObject = builder.objectRef<StatusCounts>('StatusCounts').implement({
  description: 'How many workspaces of an organization have which status now.',
  fields: (t) => ({
    online: t.exposeInt('online', { description: 'Those that are ONLINE.' }),
    degraded: t.exposeInt('degraded', { description: 'Those that are DEGRADED.' }),
    provisioning: t.exposeInt('provisioning', { description: 'Those that are PROVISIONING.' }),
    offline: t.exposeInt('offline', { description: 'Those that are OFFLINE.' }),
    failed: t.exposeInt('failed', { description: 'Those that are FAILED.' }),
    removed: t.exposeInt('removed', { description: 'Those that are REMOVED. All other workspaces are live.' }),
  }),
});

export const Organization = builder.prismaObject('Organization', {
  description: 'A tenant. Everything else belongs to exactly one.',
  select: { id: true },
  authScopes: ({ id }, context) => ofOrganization({ orgId: id }, context),
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    name: t.exposeString('name', { description: 'Not unique: only the id is.' }),
    installed: t.boolean({
      description: 'Whether the platform agent has been installed: from then on there is no other root.',
      select: { openRoots: true },
      resolve: ({ openRoots }) => !openRoots,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    roots: t.relation('workspaces', {
      type: Workspace,
      description: 'The live workspaces without a parent, by name.',
      query: { where: { parentId: null, ...live(false) }, orderBy: [...byName] },
    }),
    statusCounts: t.field({
      type: StatusCountsObject,
      description: 'How many of its workspaces have which status now.',
      resolve: ({ id }, _, { loaders }, info) => loaders(info).statusCounts.load(id),
    }),
    pluginAllowlist: t.relation('allowlist', {
      description: 'The entries of all roots, by plugin name.',
      query: { orderBy: [{ pluginName: 'asc' }, { rootId: 'asc' }] },
    }),
    apiTokens: t.relation('apiTokens', {
      description: 'The tokens of all roots, oldest first, revoked ones included.',
      query: { orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] },
    }),
    events: t.relatedConnection(
      'events',
      {
        cursor: 'orgId_seq',
        maxSize: pageLimit(cursorKeys.event),
        complexity: pageCost(),
        description: 'What happened, newest first.',
        query: { orderBy: { seq: 'desc' } },
      },
      {
        name: 'OrganizationEventConnection',
        description: 'A page of events.',
        fields: (t) => ({
          totalCount: t.int({
            description: totalDescription,
            resolve: (page, _, { loaders }, info) => {
              const { parent } = page as unknown as RelatedPage<{ id: string }>;
              return loaders(info).eventTotals.load(parent.id);
            },
          }),
        }),
      },
      { name: 'OrganizationEventEdge' },
    ),
  }),
});

builder.queryFields((t) => ({
  organization: t.prismaField({
    type: Organization,
    nullable: true,
    description: 'An organization. Null when there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, validate: uuid, description: 'The id of the organization.' }) },
    authScopes: (_, { id }) => ({ sees: id }),
    unauthorizedResolver: () => null,
    resolve: (query, _, { id }, { prisma }) => prisma.organization.findUnique({ ...query, where: { id } }),
  }),

  organizations: t.prismaConnection(
    {
      type: Organization,
      cursor: 'id',
      maxSize: pageLimit(cursorKeys.organization),
      complexity: pageCost(),
      description: 'The organizations that the caller may see, by name.',
      args: {
        search: t.arg.string({ validate: searchText, description: 'Part of the name, in any case.' }),
        installed: t.arg.boolean({
          description: 'Only those with their platform agent installed, or only those without.',
        }),
      },
      totalCount: (_, args, context) => countOrganizations(readerOf(context), args),
      resolve: (query, _, args, context) => listOrganizations(readerOf(context), query, args),
    },
    {
      name: 'OrganizationConnection',
      description: 'A page of organizations.',
      fields: (t) => ({ totalCount: t.int({ description: totalDescription, resolve: totalOf }) }),
    },
    { name: 'OrganizationEdge' },
  ),
}));

function readerOf(context: Context): OrganizationReader {
  return { prisma: context.prisma, replica: context.replica, caller: requireCaller(context) };
}

const withoutId =
  'Look for an organization of this name before you create it again, or there may be two. With an id of your own the call can be repeated.';

builder.mutationFields((t) => ({
  createOrganization: t.prismaField({
    type: Organization,
    description: 'Creates an organization. The same id and name again is the same organization. Only the operator may.',
    args: {
      name: t.arg.string({
        required: true,
        validate: organizationName,
        description: `At most 120 characters, ${lineRules}`,
      }),
      id: t.arg.id({
        validate: uuid,
        description: 'A UUID of your own, so that the call can be repeated. Left out: a new one.',
      }),
    },
    authScopes: { operator: true },
    resolve: (query, _, { name, id }, context) => {
      const create = () =>
        inTransaction(context.prisma, async (tx) => {
          const actor = actorOf(requireCaller(context));
          const createdId = await createOrganization(tx, { id: id ?? undefined, name, actor });
          return tx.organization.findUniqueOrThrow({ ...query, where: { id: createdId } });
        });
      return id == null ? notToRepeat(withoutId, create) : create();
    },
  }),
}));
