import DataLoader from 'dataloader';
import { DomainError } from '../domain-error.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { idsByOrganization, type WorkspaceKey, workspaceKeyText } from './lineage.ts';

/** Which part of a subtree is asked for. */
export interface DescendantsQuery {
  readonly first: number;
  /** The last workspace of the page before. */
  readonly after: string | null;
  readonly includeRemoved: boolean;
}

export interface DescendantsPage {
  readonly workspaces: readonly WorkspaceKey[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
}

/** The cursor names no workspace below the one whose descendants are asked for: it was moved or removed, or never there. */
class UnknownCursorError extends DomainError {
  readonly code = 'BAD_USER_INPUT';

  constructor(workspaceId: string, after: string | null) {
    super(`There is no workspace ${after} below ${workspaceId} any more. Start again from the first page.`, {
      workspaceId,
      after,
    });
  }
}

/** Rows that the pages of all workspaces of a list may hold together: in a deep tree the same ones stand on many. */
const maxRows = 10_000;

/** The descendants of too many workspaces were asked for at once. */
class TooManyDescendantsError extends DomainError {
  readonly code = 'LIMIT_EXCEEDED';

  constructor(workspaces: number, rows: number) {
    super(
      `The descendants of ${workspaces} workspaces are ${rows} rows together, and at most ${maxRows} are given at once. ` +
        'Ask for less of each, or for those of their root alone.',
      { argument: 'first', limit: maxRows },
    );
  }
}

export type DescendantsLoader = DataLoader<WorkspaceKey, DescendantsPage, string>;

/** Pages of the subtrees of several workspaces, all by the same query: those of one organization in one statement. */
export function createDescendantsLoader(prisma: PrismaClient, query: DescendantsQuery): DescendantsLoader {
  return new DataLoader<WorkspaceKey, DescendantsPage, string>(
    async (keys) => {
      const pages = new Map<string, PageRow>();
      for (const [orgId, ids] of idsByOrganization(keys)) {
        for (const page of await selectPages(prisma, orgId, ids, query)) {
          pages.set(workspaceKeyText({ orgId, id: page.id }), page);
        }
      }
      const rows = [...pages.values()].reduce((sum, { ids }) => sum + Math.min(ids?.length ?? 0, query.first), 0);
      if (rows > maxRows) throw new TooManyDescendantsError(keys.length, rows);
      return keys.map(({ orgId, id }) => {
        const { ids, totalCount, start } = pages.get(workspaceKeyText({ orgId, id })) ?? {
          ids: null,
          totalCount: 0,
          start: query.after === null ? 0 : null,
        };
        if (start === null) return new UnknownCursorError(id, query.after);
        return {
          workspaces: (ids ?? []).slice(0, query.first).map((id) => ({ orgId, id })),
          hasNextPage: (ids ?? []).length > query.first,
          hasPreviousPage: start > 0,
          totalCount,
        };
      });
    },
    { cacheKeyFn: workspaceKeyText },
  );
}

interface PageRow {
  /** The workspace whose descendants these are. */
  readonly id: string;
  readonly ids: string[] | null;
  readonly totalCount: number;
  /** The position behind which the page starts; null when `after` is not in the subtree. */
  readonly start: number | null;
}

/**
 * Walks down depth first, siblings by name, which is the order in which a tree is shown. A page starts behind the
 * workspace named `after`, and holds one row more than asked for, to tell whether another page follows. A cycle,
 * which only a foreign writer can make, ends the walk.
 */
async function selectPages(
  prisma: PrismaClient,
  orgId: string,
  ids: readonly string[],
  { first, after, includeRemoved }: DescendantsQuery,
): Promise<PageRow[]> {
  return prisma.$queryRaw<PageRow[]>`
    with recursive down as (
      select start.id as start, start.id, array[]::text[] as path
      from unnest(${ids}::uuid[]) as start (id)
      union all
      select down.start, child.id, down.path || child.name || child.id::text
      from down
      join workspaces child on child.org_id = ${orgId}::uuid and child.parent_id = down.id
      where ${includeRemoved} or child.lifecycle <> 'removed'
    ) cycle id set is_cycle using visited,
    numbered as (
      select start, id, row_number() over (partition by start order by path) as position
      from down
      where path <> array[]::text[] and not is_cycle
    ),
    extent as (
      select start, count(*) as total, case when ${after}::uuid is null then 0 else max(position) filter (where id = ${after}::uuid) end as behind
      from numbered
      group by start
    )
    select
      extent.start as id,
      array_agg(numbered.id order by numbered.position) filter (where numbered.id is not null) as ids,
      extent.total::int as "totalCount",
      extent.behind::int as start
    from extent
    left join numbered on numbered.start = extent.start
      and numbered.position > extent.behind and numbered.position <= extent.behind + ${first + 1}
    group by extent.start, extent.total, extent.behind`;
}
