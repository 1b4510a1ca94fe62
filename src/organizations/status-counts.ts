import DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { WorkspaceStatus } from '../generated/prisma/enums.ts';

/** How many workspaces of an organization have which status. */
export type StatusCounts = Readonly<Record<WorkspaceStatus, number>>;

export type StatusCountLoader = DataLoader<string, StatusCounts>;

/** Counts for all organizations that a request asks for in one statement. */
export function createStatusCountLoader(prisma: PrismaClient): StatusCountLoader {
  const load = async (orgIds: readonly string[]): Promise<StatusCounts[]> => {
    const groups = await prisma.workspaceState.groupBy({
      by: ['orgId', 'status'],
      where: { orgId: { in: [...orgIds] } },
      _count: true,
    });
    const counts = new Map(orgIds.map((orgId) => [orgId, noWorkspaces()]));
    for (const { orgId, status, _count } of groups) {
      const ofOrganization = counts.get(orgId);
      if (ofOrganization !== undefined) ofOrganization[status] = _count;
    }
    return orgIds.map((orgId) => counts.get(orgId) ?? noWorkspaces());
  };
  return new DataLoader(load);
}

const noWorkspaces = (): Record<WorkspaceStatus, number> => ({
  online: 0,
  degraded: 0,
  provisioning: 0,
  offline: 0,
  failed: 0,
  removed: 0,
});
