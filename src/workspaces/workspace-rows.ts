import { createBatcher } from '../database/batches.ts';
import type { Transaction } from '../database/client.ts';
import { apart, isOf } from '../database/sharding.ts';
import { Prisma, type Workspace, type WorkspaceState } from '../generated/prisma/client.ts';
import { WorkspaceNotFoundError } from './errors.ts';
import { type WorkspaceKey, workspaceKeyText } from './lineage.ts';

/** A workspace with its status: all that can be read of it without following a relation. */
export interface JudgedWorkspace extends Workspace {
  readonly state: Omit<WorkspaceState, 'orgId' | 'workspaceId' | 'evidenceAt'>;
}

/** A workspace with its status, and what says of it whether there is still something to install. */
export interface WorkspaceRow extends JudgedWorkspace {
  /** Whether its organization may have other roots than the platform agent. */
  readonly openRoots: boolean;
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
    const byKey = new Map(rows.map((row) => [workspaceKeyText(row), row]));
    return keys.map((key) => byKey.get(workspaceKeyText(key)) ?? null);
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
export interface Selection {
  readonly select?: object | undefined;
}

type WorkspaceColumn = keyof Workspace;
type StateColumn = keyof JudgedWorkspace['state'];

/** The columns of a row, by what they are called here. */
const columns: Record<WorkspaceColumn | StateColumn, Prisma.Sql> = {
  orgId: Prisma.sql`w.org_id as "orgId"`,
  id: Prisma.sql`w.id`,
  parentId: Prisma.sql`w.parent_id as "parentId"`,
  name: Prisma.sql`w.name`,
  kind: Prisma.sql`w.kind::text`,
  tier: Prisma.sql`w.tier`,
  runtime: Prisma.sql`w.runtime`,
  lifecycle: Prisma.sql`w.lifecycle::text`,
  lifecycleAt: Prisma.sql`w.lifecycle_at as "lifecycleAt"`,
  lifecycleMessage: Prisma.sql`w.lifecycle_message as "lifecycleMessage"`,
  pluginPolicy: Prisma.sql`w.plugin_policy::text as "pluginPolicy"`,
  createdAt: Prisma.sql`w.created_at as "createdAt"`,
  updatedAt: Prisma.sql`w.updated_at as "updatedAt"`,
  rootId: Prisma.sql`w.root_id as "rootId"`,
  openRoot: Prisma.sql`w.open_root as "openRoot"`,
  status: Prisma.sql`w.status::text`,
  statusMessage: Prisma.sql`w.status_message as "statusMessage"`,
  lastHeartbeatAt: Prisma.sql`w.last_heartbeat_at as "lastHeartbeatAt"`,
};

const stateColumns: readonly string[] = ['status', 'statusMessage', 'lastHeartbeatAt'] satisfies StateColumn[];

/** The names of the columns that a selection asks for, or undefined where it asks for more than a row holds. */
export function columnsOf({ select }: Selection): readonly (keyof typeof columns)[] | undefined {
  if (select === undefined) return undefined;
  const names = Object.entries(select).flatMap(([name, selected]) => {
    if (name !== 'state') return [name];
    const state = (selected as Selection).select;
    return state === undefined
      ? ['all']
      : Object.keys(state).map((column) => (stateColumns.includes(column) ? column : 'all'));
  });
  return names.every((name): name is keyof typeof columns => name in columns) ? names : undefined;
}

/** Whether a WorkspaceRow holds all that is selected. */
export const isInRow = (selection: Selection): boolean => columnsOf(selection) !== undefined;

/** What to select of `judged_workspaces w`. */
export const selectColumns = (names: readonly (keyof typeof columns)[]): Prisma.Sql =>
  Prisma.join(names.map((name) => columns[name]));

/** A row as it is read, with the columns of its state among the others. */
export type FlatRow = Workspace & JudgedWorkspace['state'];

/** Gives a row that has just been read its state by itself, as Prisma has it. A copy would double what a long list takes. */
export function withState<Row extends FlatRow>(row: Row): Row & JudgedWorkspace {
  const { status, statusMessage, lastHeartbeatAt } = row;
  return Object.assign(row, { state: { status, statusMessage, lastHeartbeatAt } });
}

/** What to select of `judged_workspaces w` for a JudgedWorkspace. */
export const allColumns = selectColumns(Object.keys(columns) as (keyof typeof columns)[]);

async function selectWorkspaceRows(tx: Transaction, keys: readonly WorkspaceKey[]): Promise<WorkspaceRow[]> {
  const rows = await tx.$queryRaw<(FlatRow & { openRoots: boolean })[]>`
    select ${allColumns}, o.open_roots as "openRoots"
    from unnest(${keys.map(({ orgId }) => orgId)}::uuid[], ${keys.map(({ id }) => id)}::uuid[]) as key (org_id, id)
    join judged_workspaces w on w.org_id = key.org_id and w.id = key.id
    join organizations o on o.id = w.org_id
    where w.org_id ${isOf(keys)}`;
  return rows.map(withState);
}
