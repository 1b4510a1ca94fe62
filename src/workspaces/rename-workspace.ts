import type { Transaction } from '../database/client.ts';
import { appendEvent } from '../events/append-event.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { NameConflictError } from './errors.ts';
import { findLiveSibling, readLiveWorkspace, setName } from './workspace.sql.ts';

export interface Rename {
  readonly orgId: string;
  readonly id: string;
  readonly name: string;
  readonly actor: string;
}

/**
 * Gives a workspace another name, which no live sibling may bear. The name it has changes nothing.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError, WorkspaceRemovedError, NameConflictError
 */
export async function renameWorkspace(tx: Transaction, { orgId, id, name, actor }: Rename): Promise<void> {
  await lockOrganization(tx, orgId);
  const workspace = await readLiveWorkspace(tx, orgId, id);
  if (workspace.name === name) return;
  const sibling = await findLiveSibling(tx, orgId, workspace.parentId, name);
  if (sibling !== null) throw new NameConflictError({ name, workspaceId: sibling.id });

  await setName(tx, orgId, id, name);
  await appendEvent(tx, {
    orgId,
    type: 'workspace.renamed',
    actor,
    subjectId: id,
    data: { from: workspace.name, to: name },
  });
}
