import { inOrganization } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { uuid, workspaceCursor } from '../graphql/inputs.ts';
import { pageCost } from '../graphql/limits/cost.ts';
import { orMore, promisedSizes } from '../graphql/limits/promised-sizes.ts';
import { defaultPageSize } from '../graphql/pages.ts';
import { alongUnlessLists, loadWorkspace } from '../graphql/references.ts';
import { createDescendantsLoader } from './descendants.ts';
import type { WorkspaceKey } from './lineage.ts';
import { includeRemovedDescription, Workspace, WorkspaceConnection } from './tree-node.schema.ts';
import { isInRow } from './workspace-rows.ts';

builder.prismaObjectFields(Workspace, (t) => ({
  parentId: t.exposeID('parentId', {
    nullable: true,
    description: 'The id of its parent, which costs less than the parent itself. Null for a root.',
  }),
  parent: t.field({
    type: Workspace,
    nullable: true,
    description: 'Null for a root.',
    select: (_, __, nested) => ({ parentId: true, ...alongUnlessLists('parent', nested(true)) }),
    resolve: (workspace, _, context, info) => {
      const { orgId, parentId, parent } = workspace as typeof workspace & { parent: WorkspaceKey };
      return parentId === null ? null : (loadWorkspace(context, info, { orgId, id: parentId }) ?? parent);
    },
  }),
  root: t.field({
    type: Workspace,
    description: 'The workspace at the top of its tree: itself, if it is a root.',
    resolve: async (workspace, _, { loaders }, info) => {
      const { lineage, shareKey } = loaders(info);
      const root = (await lineage.load(workspace)).at(-1);
      return root === undefined ? workspace : shareKey(root);
    },
  }),
  ancestors: t.field({
    type: [Workspace],
    description: 'From its parent up to its root.',
    resolve: async (workspace, _, { loaders }, info) => {
      const { lineage, shareKey } = loaders(info);
      return (await lineage.load(workspace)).map(shareKey);
    },
  }),
  descendants: t.field({
    type: WorkspaceConnection,
    complexity: pageCost('maxWorkspacePageSize'),
    description: 'All below it, depth first and siblings by name: in the order in which a tree is shown.',
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: defaultPageSize,
        description: `How many, from the start or after a cursor. At most ${promisedSizes.workspacePage}, ${orMore}.`,
      }),
      after: t.arg.string({ validate: workspaceCursor, description: 'The endCursor of the page before.' }),
      includeRemoved: t.arg.boolean({ required: true, defaultValue: false, description: includeRemovedDescription }),
    },
    resolve: async (workspace, { first, after, includeRemoved }, context, info) => {
      const loader = context
        .loaders(info)
        .ofField(info.fieldNodes, () =>
          createDescendantsLoader(context.prisma, { first, after: after ?? null, includeRemoved }),
        );
      const { workspaces, hasNextPage, hasPreviousPage, totalCount } = await loader.load(workspace);
      return {
        totalCount,
        edges: workspaces.map((node) => ({ cursor: node.id, node })),
        pageInfo: {
          hasNextPage,
          hasPreviousPage,
          startCursor: workspaces.at(0)?.id ?? null,
          endCursor: workspaces.at(-1)?.id ?? null,
        },
      };
    },
  }),
}));

builder.queryFields((t) => ({
  workspace: t.prismaField({
    type: Workspace,
    nullable: true,
    description: 'A workspace, live or removed. Null when there is none.',
    args: {
      ...inOrganization,
      id: t.arg.id({ required: true, validate: uuid, description: 'The id of the workspace.' }),
    },
    authScopes: (_, { orgId }) => ({ sees: orgId }),
    unauthorizedResolver: () => null,
    resolve: (query, _, { orgId, id }, { prisma, readWorkspace }) =>
      isInRow(query)
        ? readWorkspace({ orgId, id })
        : prisma.workspace.findUnique({ ...query, where: { orgId_id: { orgId, id } } }),
  }),
}));
