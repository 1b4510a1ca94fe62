import { inOrganization } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { type Context, ofOrganization, requireCaller } from '../graphql/context.ts';
import { Organization } from '../organizations/organization.schema.ts';
import { actorOf } from '../tokens/authenticate.ts';
import { TreeNode, workspaceKey } from '../workspaces/tree-node.schema.ts';
import { isInRow, readWorkspaceRow } from '../workspaces/workspace-rows.ts';
import { ofInstall } from './arguments.ts';
import { installEffects } from './effects.ts';
import { platformAgentId } from './identity.ts';
import { installAndRead, installPlatformAgent } from './install.ts';
import { InstallationObject } from './installation.schema.ts';
import { isSettled, settledAgent } from './settled.ts';

const PlatformAgent = builder.prismaObject('Workspace', {
  variant: 'PlatformAgent',
  description: 'The workspace that is the root of its organization: once installed, the only live one.',
  interfaces: [TreeNode],
  select: workspaceKey,
  authScopes: ofOrganization,
  fields: (t) => ({
    workspace: t.variant('Workspace', { description: 'The same row, as any other node of the tree.' }),
    installation: t.field({
      type: InstallationObject,
      nullable: true,
      description: 'Null for an agent that no install has made the root.',
      select: {
        organization: {
          select: { events: { where: { type: 'platform_agent.installed' }, orderBy: { seq: 'desc' }, take: 1 } },
        },
      },
      resolve: ({ orgId, id, organization }) => {
        const [event] = organization.events;
        if (event === undefined || event.subjectId !== id) return null;
        return { ...installEffects.parse(event.data), orgId, installedAt: event.createdAt, installedBy: event.actor };
      },
    }),
  }),
});

/** The live platform agent before removed ones (the lifecycles are declared in that order), and of those the newest. */
const currentAgent = {
  where: { kind: 'platform' },
  orderBy: [{ lifecycle: 'asc' }, { createdAt: 'desc' }, { id: 'asc' }],
  take: 1,
} as const;

builder.prismaObjectFields(Organization, (t) => ({
  platformAgent: t.field({
    type: PlatformAgent,
    nullable: true,
    description: 'Null before the install.',
    select: (_, __, nestedSelection) => ({
      workspaces: nestedSelection({ ...currentAgent, orderBy: [...currentAgent.orderBy] }),
    }),
    resolve: ({ workspaces }) => workspaces[0] ?? null,
  }),
}));

builder.queryFields((t) => ({
  platformAgent: t.prismaField({
    type: PlatformAgent,
    nullable: true,
    description: 'Null before the install. A removed agent is shown as REMOVED.',
    args: inOrganization,
    authScopes: (_, { orgId }) => ({ sees: orgId }),
    unauthorizedResolver: () => null,
    resolve: (query, _, { orgId }, { prisma }) =>
      prisma.workspace.findFirst({ ...query, where: { orgId, kind: 'platform' }, orderBy: [...currentAgent.orderBy] }),
  }),
}));

builder.mutationFields((t) => ({
  installPlatformAgent: t.prismaField({
    type: PlatformAgent,
    description:
      'Makes the platform agent the single root of the organization: old roots become its children, and their tokens and ' +
      'allowlists move to it. Calling it again returns the agent and changes nothing, ' +
      'and so it does where the agent is REMOVED: restoreWorkspace brings it back.',
    args: ofInstall,
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: async (query, _, { orgId, name }, context) => {
      const settled = await findSettledAgent(context, query, orgId);
      if (settled !== null) {
        context.outcomes?.onInstall(false);
        return settled;
      }
      const { agent, changed } = await context.write(orgId, async (tx) => {
        const installation = { orgId, name: name ?? undefined, actor: actorOf(requireCaller(context)) };
        if (isInRow(query)) return installAndRead(tx, installation, (id) => readWorkspaceRow(tx, { orgId, id }));
        const { agent: id, changed } = await installPlatformAgent(tx, installation);
        const where = { orgId_id: { orgId, id } };
        return { agent: await tx.workspace.findUniqueOrThrow({ ...query, where }), changed };
      });
      context.outcomes?.onInstall(changed);
      return agent;
    },
  }),
}));

/** The one read that answers an install where there is nothing to do. */
async function findSettledAgent<Query extends object>(context: Context, query: Query, orgId: string) {
  if (!isInRow(query)) return context.prisma.workspace.findUnique({ ...query, where: settledAgent(orgId) });
  const agent = await context.readWorkspace({ orgId, id: platformAgentId(orgId) });
  return isSettled(agent, agent?.openRoots ?? true) ? agent : null;
}
