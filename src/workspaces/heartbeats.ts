import type { Transaction } from '../database/client.ts';
import { requireOrganization } from '../organizations/organization.sql.ts';
import { WorkspaceNotFoundError } from './errors.ts';
import { type Heartbeat, insertMissingHeartbeats, updateHeartbeats, updateReport } from './heartbeat.sql.ts';
import { readLiveWorkspace } from './workspace.sql.ts';

/**
 * Records that a workspace is alive. It never changes the lifecycle and never brings a removed workspace back. It runs
 * without a transaction of its own: it is one statement, save for a workspace that was written without its heartbeat row.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError, WorkspaceRemovedError
 */
export async function recordHeartbeat(tx: Transaction, orgId: string, heartbeat: Heartbeat): Promise<void> {
  if ((await updateHeartbeats(tx, orgId, [heartbeat])).length === 1) return;
  await readLiveWorkspace(tx, orgId, heartbeat.workspaceId);
  await insertMissingHeartbeats(tx, orgId, [heartbeat.workspaceId], { wait: true });
  if ((await updateHeartbeats(tx, orgId, [heartbeat])).length === 0)
    throw new WorkspaceNotFoundError(orgId, heartbeat.workspaceId);
}

/**
 * Records the heartbeats of many workspaces of one organization at once and returns how many it recorded: unknown and
 * removed workspaces are passed over, and of several beats for one workspace the last counts. It never waits for a
 * change of the tree; the first beat of a workspace that was written without its heartbeat row may have to come again.
 *
 * @throws OrganizationNotFoundError
 */
export async function recordHeartbeats(
  tx: Transaction,
  orgId: string,
  heartbeats: readonly Heartbeat[],
): Promise<number> {
  const missing = new Map(heartbeats.map((heartbeat) => [heartbeat.workspaceId, heartbeat]));
  const recorded = await updateHeartbeats(tx, orgId, [...missing.values()]);
  for (const id of recorded) missing.delete(id);
  if (missing.size === 0) return recorded.length;
  if (recorded.length === 0) await requireOrganization(tx, orgId);
  await insertMissingHeartbeats(tx, orgId, [...missing.keys()], { wait: false });
  return recorded.length + (await updateHeartbeats(tx, orgId, [...missing.values()])).length;
}

export interface ProvisioningReport {
  readonly orgId: string;
  readonly workspaceId: string;
  readonly state: 'offline' | 'provisioning' | 'failed';
  readonly message: string | null;
}

/**
 * Records what a provisioner does with a workspace. Like a heartbeat it waits for no lock and leaves tombstones alone.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError, WorkspaceRemovedError
 */
export async function reportProvisioning(tx: Transaction, report: ProvisioningReport): Promise<void> {
  const { orgId, workspaceId, state, message } = report;
  if (await updateReport(tx, orgId, workspaceId, state, message)) return;
  await readLiveWorkspace(tx, orgId, workspaceId);
  await insertMissingHeartbeats(tx, orgId, [workspaceId], { wait: true });
  if (!(await updateReport(tx, orgId, workspaceId, state, message)))
    throw new WorkspaceNotFoundError(orgId, workspaceId);
}
