import { formatPrismaCursor, prismaConnectionHelpers, queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { pageCost } from '../graphql/cost.ts';
import { cursorKeys, type PageArgs, pageLimit, toConnection } from '../graphql/pages.ts';
import { WorkspaceKindEnum, WorkspaceStatusEnum } from '../workspaces/enums.schema.ts';
import type { WorkspaceKey } from '../workspaces/lineage.ts';
import { byName, ofStatusAndKind, type WorkspaceFilter } from '../workspaces/selections.ts';
import { Workspace, WorkspaceConnection, workspaceKey } from '../workspaces/tree-node.schema.ts';
import { createWorkspacePageLoader, type WorkspacePageRow } from '../workspaces/workspace-pages.ts';
import { columnsOf, isInRow, type Selection } from '../workspaces/workspace-rows.ts';
import { Organization } from './organization.schema.ts';

const workspacePages = prismaConnectionHelpers(builder, Workspace, {
  cursor: 'orgId_id',
  maxSize: pageLimit(cursorKeys.workspace, 'maxWorkspacePageSize'),
});

const cursorOfWorkspace = ({ orgId, id }: WorkspaceKey) => formatPrismaCursor({ orgId, id }, ['orgId', 'id']);

/** An organization with the page of its workspaces, where Prisma has loaded that along with it. */
interface PagedOrganization {
  readonly id: string;
  readonly workspaces?: WorkspacePageRow[];
}

/** Loads the page apart from the organization, where no more is asked for than a row holds. */
function loadWorkspacePage(
  orgId: string,
  args: WorkspaceFilter & PageArgs,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<WorkspacePageRow[]> {
  const loader = context.loaders(info).ofField(info.fieldNodes, () => {
    const path = ['edges', 'node'];
    const selection = queryFromInfo({ context, info, typeName: 'Workspace', select: workspaceKey, path });
    const { take = 0, cursor } = workspacePages.getQuery(args, context, () => true);
    const columns = columnsOf(selection) ?? [];
    return createWorkspacePageLoader(context.prisma, { ...args, columns, take, cursor: cursor?.orgId_id });
  });
  return loader.load(orgId);
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
      const { id, workspaces } = organization as PagedOrganization;
      const rows = workspaces ?? (await loadWorkspacePage(id, args, context, info));
      const { take = 0 } = workspacePages.getQuery(args, context, () => true);
      return { parent: organization, ...toConnection(rows, { take, args }, cursorOfWorkspace) };
    },
  }),
}));
