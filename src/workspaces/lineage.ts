import DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { groupBy } from '../group-by.ts';

/** What names a workspace among all organizations. The schema loads the fields that a client selects from it. */
export interface WorkspaceKey {
  readonly orgId: string;
  readonly id: string;
}

/** The ancestors of a workspace, from its parent up to its root. */
export type LineageLoader = DataLoader<WorkspaceKey, readonly WorkspaceKey[], string>;

/** Walks up from all workspaces of an organization that a request asks about in one statement. */
export function createLineageLoader(prisma: PrismaClient): LineageLoader {
  return new DataLoader(
    async (keys) => {
      const lineages = new Map<string, string[]>();
      for (const [orgId, ids] of idsByOrganization(keys)) {
        for (const { id, ancestorIds } of await selectLineages(prisma, orgId, ids)) {
          lineages.set(workspaceKeyText({ orgId, id }), ancestorIds);
        }
      }
      return keys.map(({ orgId, id }) =>
        (lineages.get(workspaceKeyText({ orgId, id })) ?? []).map((ancestorId) => ({ orgId, id: ancestorId })),
      );
    },
    { cacheKeyFn: workspaceKeyText },
  );
}

/** The ids of the workspaces of each organization: a sharded database follows references within one organization alone. */
export function idsByOrganization(keys: readonly WorkspaceKey[]): Map<string, string[]> {
  const groups = groupBy(keys, ({ orgId }) => orgId);
  return new Map([...groups].map(([orgId, group]) => [orgId, group.map(({ id }) => id)]));
}

/** One text for one workspace among all organizations. */
export const workspaceKeyText = ({ orgId, id }: WorkspaceKey) => `${orgId}/${id}`;

/** A cycle, which only a foreign writer can make, ends the walk. */
async function selectLineages(prisma: PrismaClient, orgId: string, ids: readonly string[]) {
  return prisma.$queryRaw<{ id: string; ancestorIds: string[] }[]>`
    with recursive up as (
      select start.id as start, start.id, 0 as distance
      from unnest(${ids}::uuid[]) as start (id)
      union all
      select up.start, workspace.parent_id, up.distance + 1
      from up
      join workspaces workspace on workspace.org_id = ${orgId}::uuid and workspace.id = up.id
      where workspace.parent_id is not null
    ) cycle id set is_cycle using visited
    select start as id, array_agg(id order by distance) as "ancestorIds"
    from up
    where distance > 0 and not is_cycle
    group by start`;
}
