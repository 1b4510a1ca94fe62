import { createBatcher, toError } from '../database/batches.ts';
import type { Transaction } from '../database/client.ts';
import { OutcomeUnknownError } from '../database/outcomes.ts';
import { apart } from '../database/sharding.ts';
import { withoutTransaction } from '../database/transaction.ts';
import { requireOrganization } from '../organizations/organization.sql.ts';
import { WorkspaceNotFoundError } from './errors.ts';
import {
  type AddressedHeartbeat,
  type Heartbeat,
  insertMissingHeartbeats,
  updateAndReadHeartbeats,
  updateHeartbeats,
  updateReport,
} from './heartbeat.sql.ts';
import { workspaceKeyText } from './lineage.ts';
import { readLiveWorkspace } from './workspace.sql.ts';
import type { JudgedWorkspace } from './workspace-rows.ts';

/**
 * Records that a workspace is alive, and returns it as it is then. Null where it could not: where there is no such
 * workspace, or it has no heartbeat row, or is removed.
 */
export type BeatWorkspace = (heartbeat: AddressedHeartbeat) => Promise<JudgedWorkspace | null>;

/**
 * Records heartbeats that come at about the same time in one statement; where the database is sharded, in one for each
 * organization.
 */
export function createHeartbeatBatches(prisma: Transaction, sharded: boolean): BeatWorkspace {
  const run = async (heartbeats: readonly AddressedHeartbeat[]): Promise<(JudgedWorkspace | null | Error)[]> => {
    const answers = await recordEach(prisma, lastOfEach(heartbeats));
    return heartbeats.map((heartbeat) => answers.get(keyOf(heartbeat)) ?? null);
  };
  return createBatcher(sharded ? apart(run) : run);
}

/**
 * Records heartbeats, one for each workspace, and tells by workspace what it is like then, or how that failed. Where they
 * fail together each is tried by itself, so that none is lost for another's sake.
 *
 * @param isBegun whether they may have been recorded together before, and the answer to that was lost
 */
async function recordEach(
  tx: Transaction,
  heartbeats: readonly AddressedHeartbeat[],
  isBegun = false,
): Promise<ReadonlyMap<string, JudgedWorkspace | Error>> {
  try {
    const heard = await withoutTransaction(() => updateAndReadHeartbeats(tx, heartbeats), isBegun);
    return new Map(heard.map((workspace) => [workspaceKeyText(workspace), workspace]));
  } catch (error) {
    if (heartbeats.length === 1) return new Map(heartbeats.map((heartbeat) => [keyOf(heartbeat), toError(error)]));
    const isOpen = error instanceof OutcomeUnknownError;
    const alone = await Promise.all(heartbeats.map((heartbeat) => recordEach(tx, [heartbeat], isOpen)));
    return new Map(alone.flatMap((answer) => [...answer]));
  }
}

const keyOf = ({ orgId, workspaceId }: AddressedHeartbeat) => workspaceKeyText({ orgId, id: workspaceId });

/** Of several heartbeats of one workspace the last counts. */
function lastOfEach(heartbeats: readonly AddressedHeartbeat[]): AddressedHeartbeat[] {
  return [...new Map(heartbeats.map((heartbeat) => [keyOf(heartbeat), heartbeat])).values()];
}

/**
 * Records that a workspace is alive, and returns it as it is then. It never changes the lifecycle and never brings a
 * removed workspace back. It opens no transaction: save for a workspace that was written without its heartbeat row, `beat`
 * is all there is to do.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError, WorkspaceRemovedError
 */
export async function recordHeartbeat(
  tx: Transaction,
  beat: BeatWorkspace,
  heartbeat: AddressedHeartbeat,
): Promise<JudgedWorkspace> {
  const heard = await beat(heartbeat);
  if (heard !== null) return heard;
  const { orgId, workspaceId } = heartbeat;
  await readLiveWorkspace(tx, orgId, workspaceId);
  await insertMissingHeartbeats(tx, orgId, [workspaceId], { wait: true });
  const heardNow = await beat(heartbeat);
  if (heardNow === null) throw new WorkspaceNotFoundError(orgId, workspaceId);
  return heardNow;
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
  const beats = new Map(heartbeats.map((heartbeat) => [heartbeat.workspaceId, { ...heartbeat, orgId }]));
  const missed = await withoutTransaction(() => updateHeartbeats(tx, [...beats.values()]));
  if (missed.length === 0) return beats.size;
  if (missed.length === beats.size) await requireOrganization(tx, orgId);
  const ids = missed.map(({ id }) => id);
  const again = ids.flatMap((id) => beats.get(id) ?? []);
  const recordAgain = async () => {
    await insertMissingHeartbeats(tx, orgId, ids, { wait: false });
    return updateHeartbeats(tx, again);
  };
  return beats.size - (await withoutTransaction(recordAgain, missed.length < beats.size)).length;
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
