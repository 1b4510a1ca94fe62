import { randomUUID } from 'node:crypto';
import type { Transaction } from '../database/client.ts';
import { appendEvent } from '../events/append-event.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { AlreadyExistsError, NameConflictError, WorkspaceRemovedError } from './errors.ts';
import {
  findLivePlatformAgent,
  findLiveSibling,
  findWorkspace,
  insertWorkspace,
  readLiveWorkspace,
  readRemovedPlatformAgentId,
} from './workspace.sql.ts';

/** What runs in a workspace unless the caller says otherwise. */
export const defaultRuntime = 'claude-code';

export interface NewWorkspace {
  readonly orgId: string;
  readonly name: string;
  /** Left out: the platform agent where there is one, else none. */
  readonly parentId?: string | undefined;
  /** Chosen by a caller who may have to repeat the call; otherwise a new one. */
  readonly id?: string | undefined;
  readonly runtime?: string | undefined;
  readonly actor: string;
}

/**
 * Creates a workspace and returns its id. The same call with the same id again is the same workspace,
 * wherever it has been moved, unless the call names another parent.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError (the parent), WorkspaceRemovedError (the parent),
 * NameConflictError, AlreadyExistsError
 */
export async function createWorkspace(tx: Transaction, workspace: NewWorkspace): Promise<string> {
  const { orgId, name, actor, runtime = defaultRuntime, id = randomUUID() } = workspace;
  const { openRoots } = await lockOrganization(tx, orgId);
  const existing = await findWorkspace(tx, orgId, id);
  if (existing !== null) {
    if (existing.lifecycle === 'removed') throw new WorkspaceRemovedError(id);
    const isThere = workspace.parentId === undefined || workspace.parentId === existing.parentId;
    if (isThere && existing.name === name && existing.runtime === runtime) return id;
    throw new AlreadyExistsError('workspace', { id, name: existing.name, parentId: existing.parentId });
  }
  const parentId = workspace.parentId ?? (await defaultParent(tx, orgId, openRoots));
  if (workspace.parentId !== undefined) await readLiveWorkspace(tx, orgId, workspace.parentId, 'The parent');
  const sibling = await findLiveSibling(tx, orgId, parentId, name);
  if (sibling !== null) throw new NameConflictError({ name, workspaceId: sibling.id });

  await insertWorkspace(tx, { orgId, id, parentId, name, runtime });
  await appendEvent(tx, { orgId, type: 'workspace.created', actor, subjectId: id, data: { name, parentId } });
  return id;
}

async function defaultParent(tx: Transaction, orgId: string, openRoots: boolean): Promise<string | null> {
  const agent = await findLivePlatformAgent(tx, orgId);
  if (agent !== null) return agent.id;
  if (openRoots) return null;
  throw new WorkspaceRemovedError(await readRemovedPlatformAgentId(tx, orgId), 'The platform agent');
}
