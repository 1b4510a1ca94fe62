import { builder } from '../graphql/builder.ts';
import { ofOrganization } from '../graphql/context.ts';
import { pageCost } from '../graphql/limits/cost.ts';
import { cursorKeys, pageLimit, totalDescription } from '../graphql/pages.ts';
import { PluginPolicyEnum, WorkspaceKindEnum, WorkspaceStatusEnum } from './enums.schema.ts';
import { byName, live, stateOf } from './selections.ts';
import { totalOfPage } from './workspace-totals.ts';

/** The key is always loaded: it is what the scopes, the loaders and references need. */
export const workspaceKey = { orgId: true, id: true } as const;

export const includeRemovedDescription = 'Whether to show tombstones as well.';

/** What an ordinary workspace and the platform agent have in common: they are rows of one table. */
export const TreeNode = builder.prismaInterface('Workspace', {
  variant: 'TreeNode',
  description: "A node of an organization's tree: an ordinary workspace, or the platform agent.",
  select: workspaceKey,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, unique within the organization.' }),
    name: t.exposeString('name', { description: 'No live sibling bears the same.' }),
    kind: t.expose('kind', {
      type: WorkspaceKindEnum,
      description: 'Whether it is the platform agent, or any other workspace.',
    }),
    status: t.field({
      type: WorkspaceStatusEnum,
      description: 'What is true now. It is judged when it is asked for, and never stored.',
      select: { state: { select: { status: true } } },
      resolve: (workspace) => stateOf(workspace).status,
    }),
    statusMessage: t.string({
      nullable: true,
      description: 'What the agent or the platform has to say about the status.',
      select: { state: { select: { statusMessage: true } } },
      resolve: (workspace) => stateOf(workspace).statusMessage,
    }),
    lastHeartbeatAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null until the first heartbeat.',
      select: { state: { select: { lastHeartbeatAt: true } } },
      resolve: (workspace) => stateOf(workspace).lastHeartbeatAt,
    }),
    runtime: t.exposeString('runtime', { description: 'What runs in it, such as claude-code.' }),
    tier: t.exposeInt('tier', { description: '0 for the platform agent, 1 or more for all others.' }),
    pluginPolicy: t.expose('pluginPolicy', {
      type: PluginPolicyEnum,
      description: 'Which plugins the tree below a root may use. That of a workspace that is no root has no effect.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When it was last moved, renamed, removed, restored, or its policy changed.',
    }),
    pluginAllowlist: t.relation('allowlist', {
      query: { orderBy: { pluginName: 'asc' } },
      description: 'By plugin name. Empty for a workspace that is no root.',
    }),
    apiTokens: t.relation('apiTokens', {
      query: { orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] },
      description:
        'The tokens anchored to it, oldest first, revoked ones included. Empty for a workspace that is no root.',
    }),
  }),
});

export const Workspace = builder.prismaObject('Workspace', {
  description: "A node of an organization's tree: an agent, or a team of agents.",
  interfaces: [TreeNode],
  select: workspaceKey,
  authScopes: ofOrganization,
});

export const WorkspaceEdge = builder.edgeObject({ type: Workspace, name: 'WorkspaceEdge' });

/** The one connection type of all lists of workspaces. */
export const WorkspaceConnection = builder.connectionObject(
  {
    type: Workspace,
    name: 'WorkspaceConnection',
    description: 'A page of workspaces.',
    fields: (t) => ({
      totalCount: t.int({
        description: totalDescription,
        resolve: (page, _, { loaders }, info) => totalOfPage(page, loaders(info).workspaceTotals),
      }),
    }),
  },
  WorkspaceEdge,
);

builder.prismaInterfaceField(TreeNode, 'children', (t) =>
  t.relatedConnection(
    'children',
    {
      type: Workspace,
      cursor: 'orgId_id',
      maxSize: pageLimit(cursorKeys.workspace, 'maxWorkspacePageSize'),
      complexity: pageCost('maxWorkspacePageSize'),
      description: 'By name.',
      args: {
        includeRemoved: t.arg.boolean({ required: true, defaultValue: false, description: includeRemovedDescription }),
      },
      query: ({ includeRemoved }) => ({ where: live(includeRemoved), orderBy: [...byName] }),
    },
    WorkspaceConnection,
    WorkspaceEdge,
  ),
);
