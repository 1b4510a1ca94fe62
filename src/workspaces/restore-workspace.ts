import type { Transaction } from '../database/client.ts';
import { appendEvent } from '../events/append-event.ts';
import type { WorkspaceKind } from '../generated/prisma/enums.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { platformAgentId } from '../platform-agent/identity.ts';
import { moveAnchors } from './anchors.sql.ts';
import { NameConflictError, WorkspaceRemovedError } from './errors.ts';
import {
  findLivePlatformAgent,
  findLiveSibling,
  markRestored,
  readLiveWorkspace,
  readRemovedPlatformAgentId,
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

  const { parentId, kind } = await placeAfterRestore(tx, orgId, workspace, openRoots);
  const sibling = await findLiveSibling(tx, orgId, parentId, workspace.name);
  if (sibling !== null) {
    const advice = `Rename or move that workspace first: ${id} comes back under its old name.`;
    throw new NameConflictError({ name: workspace.name, workspaceId: sibling.id, advice });
  }
  const becomesBranch = workspace.parentId === null && parentId !== null;
  const anchors = becomesBranch ? await moveAnchors(tx, orgId, id, parentId) : undefined;
  await markRestored(tx, orgId, id, { parentId, kind });
  await appendEvent(tx, { orgId, type: 'workspace.restored', actor, subjectId: id, data: { parentId, ...anchors } });
}

/** Under its parent, which must live; a former root under the platform agent; or as a root, where that may be. */
async function placeAfterRestore(
  tx: Transaction,
  orgId: string,
  { id, parentId, kind }: WorkspaceRow,
  openRoots: boolean,
): Promise<{ parentId: string | null; kind: WorkspaceKind }> {
  if (parentId !== null) {
    await readLiveWorkspace(tx, orgId, parentId, 'Its parent');
    return { parentId, kind };
  }
  const agent = await findLivePlatformAgent(tx, orgId);
  if (agent !== null) return { parentId: agent.id, kind: 'workspace' };
  if (openRoots || kind === 'platform') return { parentId: null, kind };
  // An installed organization has no other root than a platform agent, and that is what bears the agent's id.
  if (id === platformAgentId(orgId)) return { parentId: null, kind: 'platform' };
  throw new WorkspaceRemovedError(await readRemovedPlatformAgentId(tx, orgId), 'The platform agent');
}
