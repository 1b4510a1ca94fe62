import { createBatcher } from '../database/batches.ts';
import type { Transaction } from '../database/client.ts';
import { apart, isOf } from '../database/sharding.ts';
import type { Workspace, WorkspaceState } from '../generated/prisma/client.ts';
import { WorkspaceNotFoundError } from './errors.ts';
import type { WorkspaceKey } from './lineage.ts';

/** A workspace with its status: all that can be read of it without following a relation. */
export interface WorkspaceRow extends Workspace {
  readonly state: Omit<WorkspaceState, 'orgId' | 'workspaceId' | 'evidenceAt'>;
  readonly organization: { readonly openRoots: boolean };
}

/** Reads a workspace by its key, and null where there is none. */
export type ReadWorkspace = (key: WorkspaceKey) => Promise<WorkspaceRow | null>;

/**
 * Reads for all requests that ask at about the same time in one statement, which begins when they have asked; where the
 * database is sharded, in one for each organization.
 */
export function createWorkspaceReader(prisma: Transaction, sharded: boolean): ReadWorkspace {
  const run = async (keys: readonly WorkspaceKey[]): Promise<(WorkspaceRow | null)[]> => {
    const rows = await selectWorkspaceRows(prisma, keys);
    const byKey = new Map(rows.map((row) => [`${row.orgId}/${row.id}`, row]));
    return keys.map(({ orgId, id }) => byKey.get(`${orgId}/${id}`) ?? null);
  };
  return createBatcher(sharded ? apart(run) : run);
}

/**
 * Reads one workspace in the caller's transaction.
 *
 * @throws WorkspaceNotFoundError
 */
export async function readWorkspaceRow(tx: Transaction, key: WorkspaceKey): Promise<WorkspaceRow> {
  const [row] = await selectWorkspaceRows(tx, [key]);
  if (row === undefined) throw new WorkspaceNotFoundError(key.orgId, key.id);
  return row;
}

/** A selection of the Prisma plugin. */
interface Selection {
  readonly select?: object;
}

const columns: Record<keyof Workspace, true> = {
  orgId: true,
  id: true,
  parentId: true,
  name: true,
  kind: true,
  tier: true,
  runtime: true,
  lifecycle: true,
  lifecycleAt: true,
  lifecycleMessage: true,
  pluginPolicy: true,
  createdAt: true,
  updatedAt: true,
  rootId: true,
  openRoot: true,
};

const stateColumns: Record<keyof WorkspaceRow['state'], true> = {
  status: true,
  statusMessage: true,
  lastHeartbeatAt: true,
};

/** Whether a WorkspaceRow holds all that is selected. */
export function isInRow({ select }: Selection): boolean {
  return (
    select !== undefined &&
    Object.entries(select).every(([name, selected]) =>
      name === 'state'
        ? Object.keys((selected as { select?: object }).select ?? { all: true }).every(
            (column) => column in stateColumns,
          )
        : name in columns,
    )
  );
}

type FlatRow = Workspace & WorkspaceRow['state'] & WorkspaceRow['organization'];

async function selectWorkspaceRows(tx: Transaction, keys: readonly WorkspaceKey[]): Promise<WorkspaceRow[]> {
  const rows = await tx.$queryRaw<FlatRow[]>`
    select
      w.org_id as "orgId", w.id, w.parent_id as "parentId", w.name, w.kind::text, w.tier, w.runtime,
      w.lifecycle::text, w.lifecycle_at as "lifecycleAt", w.lifecycle_message as "lifecycleMessage",
      w.plugin_policy::text as "pluginPolicy", w.created_at as "createdAt", w.updated_at as "updatedAt",
      w.root_id as "rootId", w.open_root as "openRoot",
      s.status::text, s.status_message as "statusMessage", s.last_heartbeat_at as "lastHeartbeatAt",
      o.open_roots as "openRoots"
    from unnest(${keys.map(({ orgId }) => orgId)}::uuid[], ${keys.map(({ id }) => id)}::uuid[]) as key (org_id, id)
    join workspaces w on w.org_id = key.org_id and w.id = key.id
    join workspace_states s on s.org_id = w.org_id and s.workspace_id = w.id
    join organizations o on o.id = w.org_id
    where w.org_id ${isOf(keys)}`;
  return rows.map(({ status, statusMessage, lastHeartbeatAt, openRoots, ...workspace }) => ({
    ...workspace,
    state: { status, statusMessage, lastHeartbeatAt },
    organization: { openRoots },
  }));
}
