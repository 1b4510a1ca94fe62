import DataLoader from 'dataloader';
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import type { RelatedPage } from '../graphql/pages.ts';
import { groupBy } from '../group-by.ts';
import { live, ofStatusAndKind, type WorkspaceFilter } from './selections.ts';

/** Which workspaces of an organization are to be counted: all, or the children of one. */
export interface WorkspaceList {
  readonly orgId: string;
  readonly parentId?: string;
  readonly where: Prisma.WorkspaceWhereInput;
}

export type WorkspaceTotalLoader = DataLoader<WorkspaceList, number, string>;

/**
 * Counts the lists that a request asks for: those of one kind in one statement, which names their organizations. Prisma's
 * own count of a relation would count every organization's workspaces where a page begins behind a cursor.
 */
export function createWorkspaceTotalLoader(prisma: PrismaClient): WorkspaceTotalLoader {
  return new DataLoader<WorkspaceList, number, string>(
    async (lists) => {
      const totals = new Map<string, Map<string, number>>();
      for (const [kind, alike] of groupBy(lists, kindOf)) totals.set(kind, await count(prisma, alike));
      return lists.map((list) => totals.get(kindOf(list))?.get(nameOf(list)) ?? 0);
    },
    { cacheKeyFn: (list) => `${nameOf(list)} ${kindOf(list)}` },
  );
}

/** Children of a workspace, or workspaces of an organization, whose row bears no `orgId`. */
type WorkspacePage = RelatedPage<
  { readonly orgId?: string; readonly id: string },
  WorkspaceFilter & { readonly includeRemoved?: boolean }
> & {
  /** What descendants bring along. */
  readonly totalCount?: number;
};

/** How many workspaces the list has that this is a page of. */
export function totalOfPage(page: object, loader: WorkspaceTotalLoader): number | Promise<number> {
  const { totalCount, parent, args } = page as WorkspacePage;
  if (totalCount !== undefined) return totalCount;
  const { orgId, id } = parent;
  return loader.load(
    orgId === undefined
      ? { orgId: id, where: ofStatusAndKind(args) }
      : { orgId, parentId: id, where: live(args.includeRemoved === true) },
  );
}

/** Counts lists that differ in nothing but what they belong to. */
async function count(prisma: PrismaClient, lists: readonly WorkspaceList[]): Promise<Map<string, number>> {
  const [{ where, parentId } = { where: {}, parentId: undefined }] = lists;
  const inOrganizations = { ...where, orgId: { in: [...new Set(lists.map(({ orgId }) => orgId))] } };
  if (parentId === undefined) {
    const groups = await prisma.workspace.groupBy({ by: ['orgId'], where: inOrganizations, _count: true });
    return new Map(groups.map(({ orgId, _count }) => [nameOf({ orgId }), _count]));
  }
  const parentIds = lists.flatMap((list) => list.parentId ?? []);
  const groups = await prisma.workspace.groupBy({
    by: ['orgId', 'parentId'],
    where: { ...inOrganizations, parentId: { in: parentIds } },
    _count: true,
  });
  return new Map(groups.map(({ orgId, parentId, _count }) => [nameOf({ orgId, parentId }), _count]));
}

const kindOf = ({ parentId, where }: WorkspaceList) => `${parentId === undefined} ${JSON.stringify(where)}`;

const nameOf = ({ orgId, parentId }: { readonly orgId: string; readonly parentId?: string | null }) =>
  `${orgId}/${parentId ?? ''}`;
