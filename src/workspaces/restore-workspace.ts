import type { Transaction } from '../database/client.ts';
import { appendEvent } from '../events/append-event.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { platformAgentId } from '../platform-agent/identity.ts';
import { moveAnchors } from './anchors.sql.ts';
import { NameConflictError, WorkspaceRemovedError } from './errors.ts';
import {
  findLivePlatformAgent,
  findLiveSibling,
  markRestored,
  readLiveWorkspace,
  readWorkspace,
  type WorkspaceRow,
} from './workspace.sql.ts';

export interface Restoration {
  readonly orgId: string;
  readonly id: string;
  readonly actor: string;
}

/**
 * Brings a removed workspace back, offline until it is heard. A former root comes back under the platform agent where
 * there is one, and hands its anchors to it; revoked tokens stay revoked. What is not removed is left as it is.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError, WorkspaceRemovedError (what it would hang on is removed
 * as well), NameConflictError
 */
export async function restoreWorkspace(tx: Transaction, { orgId, id, actor }: Restoration): Promise<void> {
  const { openRoots } = await lockOrganization(tx, orgId);
  const workspace = await readWorkspace(tx, orgId, id);
  if (workspace.lifecycle !== 'removed') return;

  const parentId = await parentAfterRestore(tx, orgId, workspace, openRoots);
  const sibling = await findLiveSibling(tx, orgId, parentId, workspace.name);
  if (sibling !== null) {
    const advice = `Rename or move that workspace first: ${id} comes back under its old name.`;
    throw new NameConflictError({ name: workspace.name, workspaceId: sibling.id, advice });
  }
  const becomesBranch = workspace.parentId === null && parentId !== null;
  const anchors = becomesBranch ? await moveAnchors(tx, orgId, id, parentId) : undefined;
  const kind = becomesBranch ? 'workspace' : workspace.kind;
  await markRestored(tx, orgId, id, { parentId, kind });
  await appendEvent(tx, { orgId, type: 'workspace.restored', actor, subjectId: id, data: { parentId, ...anchors } });
}

async function parentAfterRestore(
  tx: Transaction,
  orgId: string,
  workspace: WorkspaceRow,
  openRoots: boolean,
): Promise<string | null> {
  if (workspace.parentId !== null) return (await readLiveWorkspace(tx, orgId, workspace.parentId)).id;
  const agent = await findLivePlatformAgent(tx, orgId);
  if (agent !== null) return agent.id;
  const agentId = platformAgentId(orgId);
  if (!openRoots && workspace.id !== agentId) throw new WorkspaceRemovedError(agentId);
  return null;
}
