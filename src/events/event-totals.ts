import DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.ts';

/** How many events an organization has. */
export type EventTotalLoader = DataLoader<string, number>;

/** Counts for all organizations that a request asks for in one statement, which names them. */
export function createEventTotalLoader(prisma: PrismaClient): EventTotalLoader {
  return new DataLoader(async (orgIds: readonly string[]) => {
    const groups = await prisma.organizationEvent.groupBy({
      by: ['orgId'],
      where: { orgId: { in: [...orgIds] } },
      _count: true,
    });
    const totals = new Map(groups.map(({ orgId, _count }) => [orgId, _count]));
    return orgIds.map((orgId) => totals.get(orgId) ?? 0);
  });
}
