import type { Transaction } from '../database/client.ts';
import { isOf } from '../database/sharding.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { WorkspaceHealth } from '../generated/prisma/enums.ts';
import type { WorkspaceKey } from './lineage.ts';
import { allColumns, type FlatRow, type JudgedWorkspace, withState } from './workspace-rows.ts';

export interface Heartbeat {
  readonly workspaceId: string;
  readonly health: WorkspaceHealth;
  readonly message: string | null;
}

/** A heartbeat that says which organization it belongs to, as it travels with those of others. */
export interface AddressedHeartbeat extends Heartbeat {
  readonly orgId: string;
}

/**
 * Records heartbeats, one for each workspace, and returns the keys of those that it could not record: that have no
 * heartbeat row, or are removed. Nearly always these are fewer than the others.
 */
export async function updateHeartbeats(tx: Transaction, beats: readonly AddressedHeartbeat[]): Promise<WorkspaceKey[]> {
  return tx.$queryRaw<WorkspaceKey[]>`
    ${recording(beats)}
    select org_id as "orgId", workspace_id as id
    from beat
    where not exists (
      select from recorded where recorded.org_id = beat.org_id and recorded.workspace_id = beat.workspace_id
    )`;
}

/**
 * Records heartbeats, one for each workspace, and returns the workspaces whose heartbeats it could record: as they were when
 * the statement began, with their heartbeat rows as they are now. They are judged by the rules of the view, which itself
 * shows what was before the statement. None is removed, as `locked` has passed those over.
 */
export async function updateAndReadHeartbeats(
  tx: Transaction,
  beats: readonly AddressedHeartbeat[],
): Promise<JudgedWorkspace[]> {
  const rows = await tx.$queryRaw<FlatRow[]>`
    ${recording(beats)}
    select ${allColumns}
    from (
      select
        w.*,
        judged.status,
        workspace_status_message(
          judged.status, latest.lifecycle, latest.at, latest.message, h.last_seen_at, h.message,
          sw.liveness_seconds, sw.provisioning_seconds
        ) as status_message,
        h.last_seen_at as last_heartbeat_at
      from recorded h
      join workspaces w on w.org_id = h.org_id and w.id = h.workspace_id
      cross join status_windows sw
      cross join lateral (
        select
          case when is_reported then h.reported_lifecycle else w.lifecycle end as lifecycle,
          case when is_reported then h.reported_at else w.lifecycle_at end as at,
          case when is_reported then h.reported_message else w.lifecycle_message end as message
        from (select coalesce(h.reported_at > w.lifecycle_at, false) as is_reported) report
      ) latest
      cross join lateral (
        select workspace_status(
          latest.lifecycle, latest.at, h.last_seen_at, h.health, sw.liveness_seconds, sw.provisioning_seconds
        ) as status
      ) judged
      where w.org_id ${isOf(beats)}
    ) w`;
  return rows.map(withState);
}

/**
 * The common table expressions that record heartbeats: `beat` holds what is to be recorded, and `recorded` the rows that
 * were found for it, as they are then. They touch workspace_heartbeats alone and lock no workspace, so that they never wait
 * for a change of the tree; the rows are locked in the order of their keys, so that two batches cannot deadlock.
 */
function recording(beats: readonly AddressedHeartbeat[]): Prisma.Sql {
  return Prisma.sql`
    with beat as (
      select *
      from unnest(
        ${beats.map((beat) => beat.orgId)}::uuid[],
        ${beats.map((beat) => beat.workspaceId)}::uuid[],
        ${beats.map((beat) => beat.health)}::workspace_health[],
        ${beats.map((beat) => beat.message)}::text[]
      ) as beat (org_id, workspace_id, health, message)
    ),
    locked as materialized (
      select heartbeat.org_id, heartbeat.workspace_id, beat.health, beat.message
      from beat
      join workspace_heartbeats heartbeat using (org_id, workspace_id)
      where heartbeat.org_id ${isOf(beats)} and exists (
        select from workspaces
        where org_id = heartbeat.org_id and id = heartbeat.workspace_id and lifecycle <> 'removed'
      )
      order by heartbeat.org_id, heartbeat.workspace_id
      for no key update of heartbeat
    ),
    recorded as (
      update workspace_heartbeats heartbeat
      set last_seen_at = statement_timestamp(), health = locked.health, message = locked.message
      from locked
      where heartbeat.org_id ${isOf(beats)} and heartbeat.org_id = locked.org_id and heartbeat.workspace_id = locked.workspace_id
      returning heartbeat.*
    )`;
}

/** Records a report of provisioning beside the heartbeats, where it waits for nothing either. Tells whether it could. */
export async function updateReport(
  tx: Transaction,
  orgId: string,
  workspaceId: string,
  lifecycle: 'offline' | 'provisioning' | 'failed',
  message: string | null,
): Promise<boolean> {
  const recorded = await tx.$queryRaw<{ id: string }[]>`
    update workspace_heartbeats heartbeat
    set reported_lifecycle = ${lifecycle}::workspace_lifecycle, reported_at = statement_timestamp(), reported_message = ${message}
    where heartbeat.org_id = ${orgId}::uuid and heartbeat.workspace_id = ${workspaceId}::uuid
      and exists (
        select from workspaces
        where org_id = ${orgId}::uuid and id = ${workspaceId}::uuid and lifecycle <> 'removed'
      )
    returning heartbeat.workspace_id as id`;
  return recorded.length === 1;
}

/**
 * Gives those of these workspaces a heartbeat row that were written without one, by an import say. Such an insert takes
 * a lock on the workspace through its foreign key, and so takes it first: an install that has locked its agent to be
 * would otherwise wait for the row inserted here, and this for the install. Where `wait` is false, workspaces that are
 * locked are passed over.
 */
export async function insertMissingHeartbeats(
  tx: Transaction,
  orgId: string,
  workspaceIds: readonly string[],
  { wait }: { readonly wait: boolean },
): Promise<void> {
  await tx.$executeRaw`
    insert into workspace_heartbeats (org_id, workspace_id)
    select org_id, id
    from workspaces
    where org_id = ${orgId}::uuid and id = any(${workspaceIds}::uuid[]) and lifecycle <> 'removed'
    order by id
    for key share ${wait ? Prisma.empty : Prisma.sql`skip locked`}
    on conflict (org_id, workspace_id) do nothing`;
}
