import DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { WorkspaceStatus } from '../generated/prisma/enums.ts';

/** How many workspaces of an organization have which status. */
export type StatusCounts = Readonly<Record<WorkspaceStatus, number>>;

export type StatusCountLoader = DataLoader<string, StatusCounts>;

/** Counts for all organizations that a request asks for in one statement. */
export function createStatusCountLoader(prisma: PrismaClient): StatusCountLoader {
  return new DataLoader(async (orgIds: readonly string[]) => {
    const rows = await selectStatusCounts(prisma, orgIds);
    const counts = new Map(rows.map(({ orgId, ...ofOrganization }) => [orgId, ofOrganization]));
    return orgIds.map((orgId) => counts.get(orgId) ?? noWorkspaces);
  });
}

const noWorkspaces: StatusCounts = { online: 0, degraded: 0, provisioning: 0, offline: 0, failed: 0, removed: 0 };

async function selectStatusCounts(
  prisma: PrismaClient,
  orgIds: readonly string[],
): Promise<(StatusCounts & { readonly orgId: string })[]> {
  return prisma.$queryRaw`
    select
      org_id as "orgId",
      count(*) filter (where status = 'online')::int as online,
      count(*) filter (where status = 'degraded')::int as degraded,
      count(*) filter (where status = 'provisioning')::int as provisioning,
      count(*) filter (where status = 'offline')::int as offline,
      count(*) filter (where status = 'failed')::int as failed,
      count(*) filter (where status = 'removed')::int as removed
    from workspace_states
    where org_id = any(${orgIds}::uuid[])
    group by org_id`;
}
