import type { Transaction } from '../database/client.ts';
import { DomainError } from '../domain-error.ts';
import { appendEvent } from '../events/append-event.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { countLiveChildren, markRemoved, readWorkspace } from './workspace.sql.ts';

/** Removing the workspace would leave live workspaces below a tombstone. */
export class HasChildrenError extends DomainError {
  readonly code = 'HAS_CHILDREN';

  constructor(workspaceId: string, children: number) {
    super(
      `Workspace ${workspaceId} has ${children} live ${children === 1 ? 'child' : 'children'}. ` +
        'Move or remove them first, or pass includeDescendants: true to remove all below it as well.',
      { workspaceId, children },
    );
  }
}

export interface Removal {
  readonly orgId: string;
  readonly id: string;
  readonly includeDescendants: boolean;
  readonly actor: string;
}

/**
 * Makes a workspace a tombstone: the row stays and nothing acts on it. The tokens anchored to it are revoked. Removing
 * it again changes nothing.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError, HasChildrenError
 */
export async function removeWorkspace(
  tx: Transaction,
  { orgId, id, includeDescendants, actor }: Removal,
): Promise<void> {
  await lockOrganization(tx, orgId);
  const workspace = await readWorkspace(tx, orgId, id);
  if (workspace.lifecycle === 'removed') return;
  if (!includeDescendants) {
    const children = await countLiveChildren(tx, orgId, id);
    if (children > 0) throw new HasChildrenError(id, children);
  }
  const removedWorkspaces = await markRemoved(tx, orgId, id);
  await appendEvent(tx, { orgId, type: 'workspace.removed', actor, subjectId: id, data: { removedWorkspaces } });
}
