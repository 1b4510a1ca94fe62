import type { Transaction } from '../database/client.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { Candidate, Namesake } from './plan.ts';

/** Every live root, and the row that bears the agent's id, in the order of their ids. */
const candidates = (orgId: string, agentId: string) => Prisma.sql`
    select id, parent_id as "parentId", name, kind::text, lifecycle::text, plugin_policy::text as "pluginPolicy"
    from workspaces
    where org_id = ${orgId}::uuid
      and (id = ${agentId}::uuid or (parent_id is null and lifecycle <> 'removed'))
    order by id`;

/**
 * Locks the candidates, in the order of their ids. It runs after the organization has been locked, so that its snapshot
 * holds what the previous holder committed, and no root can be added.
 */
export async function lockCandidates(tx: Transaction, orgId: string, agentId: string): Promise<Candidate[]> {
  return tx.$queryRaw<Candidate[]>`${candidates(orgId, agentId)} for update`;
}

/** Reads the very candidates that an install would lock, as they are now. It waits for nobody. */
export async function readCandidates(tx: Transaction, orgId: string, agentId: string): Promise<Candidate[]> {
  return tx.$queryRaw<Candidate[]>(candidates(orgId, agentId));
}

/** The first live child of `parentId`, by name, that bears the name of one of these workspaces. */
export async function findNamesakeBelow(
  tx: Transaction,
  orgId: string,
  parentId: string,
  workspaceIds: readonly string[],
): Promise<Namesake | undefined> {
  const [namesake] = await tx.$queryRaw<Namesake[]>`
    select child.id as "childId", adopted.id as "adoptedId", child.name
    from workspaces adopted
    join workspaces child on child.org_id = adopted.org_id and child.name = adopted.name
    where adopted.org_id = ${orgId}::uuid
      and adopted.id = any(${workspaceIds}::uuid[])
      and child.parent_id = ${parentId}::uuid
      and child.lifecycle <> 'removed'
    order by child.name
    limit 1`;
  return namesake;
}

/**
 * The order of allowlist entries for one plugin, of which the first survives the install: the agent's own, then the
 * earliest, then the one whose author sorts first. Of entries that are alike in all that, the root's id decides: they
 * say the same, but a preview names the root.
 */
export function survivorFirst(agentId: string): Prisma.Sql {
  return Prisma.sql`root_id <> ${agentId}::uuid, enabled_at, enabled_by, root_id`;
}
