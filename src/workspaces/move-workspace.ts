import type { Transaction } from '../database/client.ts';
import { DomainError } from '../domain-error.ts';
import { appendEvent } from '../events/append-event.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { moveAnchors } from './anchors.sql.ts';
import { NameConflictError } from './errors.ts';
import { findLiveSibling, readLiveWorkspace, readPathToRoot, setParent } from './workspace.sql.ts';

/** A workspace can be neither its own parent nor below itself. */
export class WouldCycleError extends DomainError {
  readonly code = 'WOULD_CYCLE';

  constructor(workspaceId: string, parentId: string) {
    super(
      workspaceId === parentId
        ? `Workspace ${workspaceId} cannot be its own parent. Choose another parent.`
        : `Workspace ${parentId} is below ${workspaceId}, so it cannot become its parent. Choose one outside that branch.`,
      { workspaceId, parentId },
    );
  }
}

/** The platform agent is the root of its organization, and stays it. */
export class PlatformAgentImmovableError extends DomainError {
  readonly code = 'PLATFORM_AGENT_IMMOVABLE';

  constructor(workspaceId: string) {
    super(`Workspace ${workspaceId} is the platform agent, which is always the root. Move other workspaces instead.`, {
      workspaceId,
    });
  }
}

export interface Move {
  readonly orgId: string;
  readonly id: string;
  readonly parentId: string;
  readonly actor: string;
}

/**
 * Puts a workspace, with all below it, under another parent of its organization. A root that becomes a branch hands its
 * tokens and its allowlist to its new root. Moving it to where it is changes nothing.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError, WorkspaceRemovedError, PlatformAgentImmovableError,
 * WouldCycleError, NameConflictError
 */
export async function moveWorkspace(tx: Transaction, { orgId, id, parentId, actor }: Move): Promise<void> {
  await lockOrganization(tx, orgId);
  const workspace = await readLiveWorkspace(tx, orgId, id);
  if (workspace.kind === 'platform') throw new PlatformAgentImmovableError(id);
  await readLiveWorkspace(tx, orgId, parentId, 'The parent');
  const path = await readPathToRoot(tx, orgId, parentId);
  if (path.includes(id)) throw new WouldCycleError(id, parentId);
  if (workspace.parentId === parentId) return;
  const sibling = await findLiveSibling(tx, orgId, parentId, workspace.name);
  if (sibling !== null) throw new NameConflictError({ name: workspace.name, workspaceId: sibling.id });

  const anchors = workspace.parentId === null ? await moveAnchors(tx, orgId, id, path.at(-1) ?? parentId) : undefined;
  await setParent(tx, orgId, id, parentId);
  const data = { fromParentId: workspace.parentId, toParentId: parentId, ...anchors };
  await appendEvent(tx, { orgId, type: 'workspace.moved', actor, subjectId: id, data });
}
