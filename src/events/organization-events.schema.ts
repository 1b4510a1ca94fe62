import { queryFromInfo } from '@pothos/plugin-prisma';
import DataLoader from 'dataloader';
import type { GraphQLResolveInfo } from 'graphql';
import { inOrganization } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { type Context, renewContext, requireCaller } from '../graphql/context.ts';
import { WorkspaceStatusEnum } from '../workspaces/enums.schema.ts';
import { WorkspaceNotFoundError } from '../workspaces/errors.ts';
import type { WorkspaceKey } from '../workspaces/lineage.ts';
import { Workspace, workspaceKey } from '../workspaces/tree-node.schema.ts';
import type { WorkspaceState } from './organization-view.ts';
import type { OrganizationUpdate } from './subscriber.ts';

const WorkspaceStateObject = builder.objectRef<WorkspaceState>('WorkspaceState').implement({
  description: 'The status of a workspace at the moment of an update.',
  fields: (t) => ({
    workspaceId: t.exposeID('workspaceId', { description: 'The id of the workspace.' }),
    status: t.expose('status', { type: WorkspaceStatusEnum, description: 'What was true of it then.' }),
    statusMessage: t.exposeString('statusMessage', {
      nullable: true,
      description: 'What the agent or the platform had to say about the status.',
    }),
    lastHeartbeatAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null until the first heartbeat.',
      resolve: ({ lastHeartbeatAt }) => (lastHeartbeatAt === null ? null : new Date(lastHeartbeatAt)),
    }),
    workspace: t.field({
      type: Workspace,
      description: 'The workspace itself, as it is now.',
      resolve: ({ orgId, workspaceId }, _, context, info) => {
        const create = () => createWorkspaceLoader(orgId, context, info);
        return context.loaders(info).ofField(info.fieldNodes, create).load(workspaceId);
      },
    }),
  }),
});

const OrganizationUpdateObject = builder.objectRef<OrganizationUpdate>('OrganizationUpdate').implement({
  description: 'What is new in an organization since the update before. An empty one tells that the line is alive.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Pass it as after to go on behind this update.' }),
    judgedAt: t.field({
      type: 'DateTime',
      description: 'The moment that it is true of, on the clock of the database, which judges status.',
      resolve: ({ judgedAt }) => new Date(Number(judgedAt / 1000n)),
    }),
    events: t.prismaField({
      type: ['OrganizationEvent'],
      description:
        'What happened to its tree, plugins and tokens, in order and without a gap. At most 500: the rest follows at once.',
      resolve: (query, { orgId, events: { behind, upTo } }, _, { prisma }) => {
        const told = { ...query, where: { orgId, seq: { gt: behind, lte: upTo } }, orderBy: { seq: 'asc' as const } };
        return behind === upTo ? [] : prisma.organizationEvent.findMany(told);
      },
    }),
    states: t.field({
      type: [WorkspaceStateObject],
      description:
        'The workspaces whose status or statusMessage changed, as they are now, in no order. At most 500: the rest follows at once.',
      resolve: ({ states }) => [...states],
    }),
  }),
});

builder.subscriptionFields((t) => ({
  organizationEvents: t.field({
    type: OrganizationUpdateObject,
    description:
      'Follows an organization. The first update comes at once: read the tree after it, and nothing is missed. Then one comes ' +
      'within seconds of a change, and at least every 10 seconds. Whenever the line breaks or ends, subscribe again after the ' +
      'last update that came without errors. It ends with UNAUTHENTICATED once the token is no longer valid.',
    args: {
      ...inOrganization,
      after: t.arg.id({
        description:
          'The id of an update: the first ones tell all that is new since. States may be repeated, events are not. ' +
          'Left out: it begins now.',
      }),
      includeHeartbeats: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether to tell also of workspaces that were merely heard.',
      }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    subscribe: (_, { orgId, after, includeHeartbeats }, context) =>
      context.watches.subscribe({ orgId, after: after ?? null, includeHeartbeats, caller: requireCaller(context) }),
    resolve: (update, _, context) => {
      renewContext(context);
      return update;
    },
  }),
}));

/**
 * Loads the workspaces of all states of an update with what the client selects of them. What Pothos would do with their
 * keys costs one statement as well, and for hundreds of them ten times the work.
 */
function createWorkspaceLoader(orgId: string, context: Context, info: GraphQLResolveInfo) {
  const { select } = queryFromInfo({ context, info, select: workspaceKey });
  return new DataLoader<string, WorkspaceKey>(async (ids) => {
    const workspaces = await context.prisma.workspace.findMany({ select, where: { orgId, id: { in: [...ids] } } });
    const byId = new Map(workspaces.map((workspace) => [workspace.id, workspace]));
    return ids.map((id) => byId.get(id) ?? new WorkspaceNotFoundError(orgId, id));
  });
}
