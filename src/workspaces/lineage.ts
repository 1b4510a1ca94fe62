import DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.ts';

/** What names a workspace among all organizations. The schema loads the fields that a client selects from it. */
export interface WorkspaceKey {
  readonly orgId: string;
  readonly id: string;
}

/** The ancestors of a workspace, from its parent up to its root. */
export type LineageLoader = DataLoader<WorkspaceKey, readonly WorkspaceKey[], string>;

/** Walks up from all workspaces that a request asks about in one statement. */
export function createLineageLoader(prisma: PrismaClient): LineageLoader {
  return new DataLoader(
    async (keys) => {
      const lineages = await selectLineages(prisma, keys);
      return keys.map(({ orgId }, index) => (lineages.get(index) ?? []).map((id) => ({ orgId, id })));
    },
    { cacheKeyFn: ({ orgId, id }) => `${orgId}/${id}` },
  );
}

async function selectLineages(prisma: PrismaClient, keys: readonly WorkspaceKey[]): Promise<Map<number, string[]>> {
  // A cycle, which only a foreign writer can make, ends the walk.
  const rows = await prisma.$queryRaw<{ index: number; ancestorIds: string[] }[]>`
    with recursive up as (
      select start.index, start.org_id, start.id, 0 as distance
      from unnest(${keys.map(({ orgId }) => orgId)}::uuid[], ${keys.map(({ id }) => id)}::uuid[])
        with ordinality as start (org_id, id, index)
      union all
      select up.index, up.org_id, workspace.parent_id, up.distance + 1
      from up
      join workspaces workspace on workspace.org_id = up.org_id and workspace.id = up.id
      where workspace.parent_id is not null
    ) cycle id set is_cycle using visited
    select (index - 1)::int as index, array_agg(id order by distance) as "ancestorIds"
    from up
    where distance > 0 and not is_cycle
    group by index`;
  return new Map(rows.map(({ index, ancestorIds }) => [index, ancestorIds]));
}
