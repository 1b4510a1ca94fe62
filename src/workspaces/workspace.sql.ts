import type { Transaction } from '../database/client.ts';
import type { PluginPolicy, WorkspaceKind, WorkspaceLifecycle } from '../generated/prisma/enums.ts';
import { requireOrganization } from '../organizations/organization.sql.ts';
import { platformAgentId } from '../platform-agent/identity.ts';
import { WorkspaceNotFoundError, WorkspaceRemovedError } from './errors.ts';

export interface WorkspaceRow {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: WorkspaceKind;
  readonly runtime: string;
  readonly lifecycle: WorkspaceLifecycle;
  readonly pluginPolicy: PluginPolicy;
}

const columns = {
  id: true,
  parentId: true,
  name: true,
  kind: true,
  runtime: true,
  lifecycle: true,
  pluginPolicy: true,
} as const;

/**
 * Reads a workspace. Under the organization's lock it cannot change.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError
 */
export async function readWorkspace(tx: Transaction, orgId: string, id: string): Promise<WorkspaceRow> {
  const workspace = await findWorkspace(tx, orgId, id);
  if (workspace !== null) return workspace;
  await requireOrganization(tx, orgId);
  throw new WorkspaceNotFoundError(orgId, id);
}

/** As `readWorkspace`, with null for none. */
export async function findWorkspace(tx: Transaction, orgId: string, id: string): Promise<WorkspaceRow | null> {
  return tx.workspace.findUnique({ where: { orgId_id: { orgId, id } }, select: columns });
}

/**
 * As `readWorkspace`, and refuses tombstones, which the error calls `who`.
 *
 * @throws WorkspaceNotFoundError, WorkspaceRemovedError
 */
export async function readLiveWorkspace(
  tx: Transaction,
  orgId: string,
  id: string,
  who?: string,
): Promise<WorkspaceRow> {
  const workspace = await readWorkspace(tx, orgId, id);
  if (workspace.lifecycle === 'removed') throw new WorkspaceRemovedError(id, who);
  return workspace;
}

/** The live platform agent of the organization, under whichever id. */
export async function findLivePlatformAgent(tx: Transaction, orgId: string): Promise<WorkspaceRow | null> {
  return tx.workspace.findFirst({ where: { orgId, kind: 'platform', lifecycle: { not: 'removed' } }, select: columns });
}

/** The id of the removed platform agent that an installed organization without a live one waits for: the newest. */
export async function readRemovedPlatformAgentId(tx: Transaction, orgId: string): Promise<string> {
  const agent = await tx.workspace.findFirst({
    where: { orgId, kind: 'platform' },
    select: { id: true },
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
  });
  return agent?.id ?? platformAgentId(orgId);
}

/** The first of the live workspaces without a parent, by id, and how many there are. */
export async function findLiveRoots(
  tx: Transaction,
  orgId: string,
  first: number,
): Promise<{ roots: WorkspaceRow[]; count: number }> {
  const where = { orgId, parentId: null, lifecycle: { not: 'removed' } } as const;
  const roots = await tx.workspace.findMany({ where, select: columns, orderBy: { id: 'asc' }, take: first });
  return { roots, count: roots.length < first ? roots.length : await tx.workspace.count({ where }) };
}

/** The live workspace that bears `name` under `parentId` (null: among the roots). */
export async function findLiveSibling(
  tx: Transaction,
  orgId: string,
  parentId: string | null,
  name: string,
): Promise<{ id: string } | null> {
  return tx.workspace.findFirst({
    where: { orgId, parentId, name, lifecycle: { not: 'removed' } },
    select: { id: true },
  });
}

export interface NewWorkspaceRow {
  readonly orgId: string;
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly runtime: string;
}

/**
 * Inserts the workspace together with its heartbeat row, so that a beat is a plain update: an insert of its own would
 * wait for whoever has locked the workspace.
 */
export async function insertWorkspace(tx: Transaction, workspace: NewWorkspaceRow): Promise<void> {
  await tx.$executeRaw`
    with workspace as (
      insert into workspaces (org_id, id, parent_id, name, runtime)
      values (${workspace.orgId}::uuid, ${workspace.id}::uuid, ${workspace.parentId}::uuid, ${workspace.name}, ${workspace.runtime})
      returning org_id, id
    )
    insert into workspace_heartbeats (org_id, workspace_id)
    select org_id, id from workspace`;
}

/** The workspace's ancestors with itself, nearest first. A cycle, which only a foreign writer can make, ends the walk. */
export async function readPathToRoot(tx: Transaction, orgId: string, id: string): Promise<string[]> {
  const path = await tx.$queryRaw<{ id: string }[]>`
    with recursive up as (
      select id, parent_id, 0 as distance
      from workspaces
      where org_id = ${orgId}::uuid and id = ${id}::uuid
      union all
      select parent.id, parent.parent_id, up.distance + 1
      from up
      join workspaces parent on parent.org_id = ${orgId}::uuid and parent.id = up.parent_id
    ) cycle id set is_cycle using visited
    select id from up where not is_cycle order by distance`;
  return path.map((workspace) => workspace.id);
}

/** Puts a workspace under a parent. Its anchors must have been moved before if it was a root. */
export async function setParent(tx: Transaction, orgId: string, id: string, parentId: string): Promise<void> {
  await tx.$executeRaw`
    update workspaces
    set parent_id = ${parentId}::uuid, updated_at = statement_timestamp()
    where org_id = ${orgId}::uuid and id = ${id}::uuid`;
}

/** Renames a workspace. */
export async function setName(tx: Transaction, orgId: string, id: string, name: string): Promise<void> {
  await tx.$executeRaw`
    update workspaces
    set name = ${name}, updated_at = statement_timestamp()
    where org_id = ${orgId}::uuid and id = ${id}::uuid`;
}

/** How many live workspaces have `id` as their parent. */
export async function countLiveChildren(tx: Transaction, orgId: string, id: string): Promise<number> {
  return tx.workspace.count({ where: { orgId, parentId: id, lifecycle: { not: 'removed' } } });
}

/**
 * Turns a workspace and all below it into tombstones, and revokes the tokens anchored to it. Returns their ids.
 * `lifecycle_at` is the moment of this statement and not of the transaction's start, which may lie before a heartbeat that
 * came while this one waited for its lock.
 */
export async function markRemoved(tx: Transaction, orgId: string, id: string): Promise<string[]> {
  const removed = await tx.$queryRaw<{ id: string }[]>`
    with recursive down as (
      select id from workspaces where org_id = ${orgId}::uuid and id = ${id}::uuid
      union
      select child.id
      from down
      join workspaces child on child.org_id = ${orgId}::uuid and child.parent_id = down.id
    ),
    revoked as (
      update org_api_tokens
      set revoked_at = statement_timestamp()
      where org_id = ${orgId}::uuid and root_id = ${id}::uuid and revoked_at is null
    )
    update workspaces
    set lifecycle = 'removed', lifecycle_at = statement_timestamp(), lifecycle_message = null, updated_at = statement_timestamp()
    where org_id = ${orgId}::uuid and lifecycle <> 'removed' and id in (select id from down)
    returning id`;
  return removed.map((workspace) => workspace.id).sort();
}

/** Brings a tombstone back, offline until it is heard, as an ordinary workspace or as the platform agent. */
export async function markRestored(
  tx: Transaction,
  orgId: string,
  id: string,
  { parentId, kind }: { readonly parentId: string | null; readonly kind: WorkspaceKind },
): Promise<void> {
  await tx.$executeRaw`
    update workspaces
    set lifecycle = 'offline', lifecycle_at = statement_timestamp(), lifecycle_message = null, updated_at = statement_timestamp(),
        parent_id = ${parentId}::uuid, kind = ${kind}::workspace_kind,
        tier = case when ${kind}::workspace_kind = 'platform' then 0 else greatest(tier, 1) end
    where org_id = ${orgId}::uuid and id = ${id}::uuid`;
}
