import { formatPrismaCursor, prismaConnectionHelpers, queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { pageCost } from '../graphql/limits/cost.ts';
import { cursorKeys, type PageArgs, pageLimit, toConnection } from '../graphql/pages.ts';
import { alongUnlessLists, loadByKey } from '../graphql/references.ts';
import { WorkspaceKindEnum, WorkspaceStatusEnum } from '../workspaces/enums.schema.ts';
import type { WorkspaceKey } from '../workspaces/lineage.ts';
import { byName, ofStatusAndKind, type WorkspaceFilter } from '../workspaces/selections.ts';
import { TreeNode, Workspace, WorkspaceConnection, workspaceKey } from '../workspaces/tree-node.schema.ts';
import { createWorkspacePageLoader, type WorkspacePageRow } from '../workspaces/workspace-pages.ts';
import { columnsOf, isInRow, type Selection } from '../workspaces/workspace-rows.ts';
import { Organization } from './organization.schema.ts';

const workspacePages = prismaConnectionHelpers(builder, Workspace, {
  cursor: 'orgId_id',
  maxSize: pageLimit(cursorKeys.workspace, 'maxWorkspacePageSize'),
});

const cursorOfWorkspace = ({ orgId, id }: WorkspaceKey) => formatPrismaCursor({ orgId, id }, ['orgId', 'id']);

/** An organization with rows of its workspaces, where Prisma has loaded some along with it: for this field or another one. */
interface PagedOrganization {
  readonly id: string;
  readonly workspaces?: WorkspacePageRow[];
}

/** How a field gets its page of an organization. Undefined: it was loaded along, as more is asked for than a row holds. */
interface Pages {
  readonly load: ((orgId: string) => Promise<WorkspacePageRow[]>) | undefined;
}

function planPages(args: WorkspaceFilter & PageArgs, context: Context, info: GraphQLResolveInfo): Pages {
  const path = ['edges', 'node'];
  const selection = queryFromInfo({ context, info, typeName: 'Workspace', select: workspaceKey, path });
  const { take = 0, skip = 0, cursor } = workspacePages.getQuery(args, context, () => true);
  const columns = columnsOf(selection);
  if (columns !== undefined) {
    const query = { ...args, columns, take, cursor: cursor?.orgId_id };
    const loader = createWorkspacePageLoader(context.prisma, query);
    return { load: (orgId) => loader.load(orgId) };
  }
  // Where the field is there more than once, each place has selected for itself whether to load along, and what.
  if (info.fieldNodes.length === 1) return { load: undefined };
  const page = { select: selection.select, take, skip, ...(cursor && { cursor }), orderBy: [...byName] };
  return {
    load: async (orgId) => {
      const rows: unknown[] = await context.prisma.workspace.findMany({
        ...page,
        where: { orgId, ...ofStatusAndKind(args) },
      });
      // What the document selects is not known to the compiler.
      return rows as WorkspacePageRow[];
    },
  };
}

builder.prismaObjectFields(Organization, (t) => ({
  workspaces: t.field({
    type: WorkspaceConnection,
    complexity: pageCost('maxWorkspacePageSize'),
    description: 'All workspaces by name; removed ones only when that status is asked for.',
    args: {
      status: t.arg({ type: [WorkspaceStatusEnum], description: 'Any of these.' }),
      kind: t.arg({ type: WorkspaceKindEnum, description: 'Only those of this kind.' }),
      ...t.arg.connectionArgs(),
    },
    select: (args, context, nestedSelection) => {
      const query = workspacePages.getQuery(args, context, nestedSelection);
      return isInRow(query as Selection)
        ? {}
        : { workspaces: { ...query, where: ofStatusAndKind(args), orderBy: [...byName] } };
    },
    resolve: async (organization, args, context, info) => {
      const { id, workspaces = [] } = organization as PagedOrganization;
      // What is loaded along may be the rows of roots, or of another page: only a field that selected them has its own there.
      const { load } = context.loaders(info).ofField(info.fieldNodes, () => planPages(args, context, info));
      const rows = load === undefined ? workspaces : await load(id);
      const { take = 0 } = workspacePages.getQuery(args, context, () => true);
      return { parent: organization, ...toConnection(rows, { take, args }, cursorOfWorkspace) };
    },
  }),
}));

builder.prismaInterfaceFields(TreeNode, (t) => ({
  organization: t.field({
    type: Organization,
    description: 'The one it belongs to, for good.',
    select: (_, __, nested) => alongUnlessLists('organization', nested(true)),
    resolve: (workspace, _, context, info) => {
      const { orgId, organization } = workspace as typeof workspace & { organization: { id: string } };
      const load = loadByKey(context, info, (id: string, query) =>
        context.prisma.organization.findUniqueOrThrow({ ...query, where: { id } }),
      );
      return load?.(orgId) ?? organization;
    },
  }),
}));
