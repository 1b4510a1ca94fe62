import { DomainError } from '../domain-error.ts';

/** No live or removed workspace has this id in this organization. */
export class WorkspaceNotFoundError extends DomainError {
  readonly code = 'WORKSPACE_NOT_FOUND';

  constructor(orgId: string, workspaceId: string) {
    super(`There is no workspace ${workspaceId} in organization ${orgId}. Check both ids.`, { orgId, workspaceId });
  }
}

/** The workspace is a tombstone, and nothing but a restore acts on it. */
export class WorkspaceRemovedError extends DomainError {
  readonly code = 'WORKSPACE_REMOVED';

  /** @param who what the workspace is to the one that was asked for */
  constructor(workspaceId: string, who = 'Workspace') {
    super(`${who} ${workspaceId} has been removed. Restore it with restoreWorkspace first.`, { workspaceId });
  }
}

interface TakenName {
  readonly name?: string;
  /** The workspace that bears the name. */
  readonly workspaceId?: string;
  /** What the caller can do, where it is not simply to choose another name. */
  readonly advice?: string;
}

/** A live sibling already bears the name. Known without its id only when a writer outside this program was faster. */
export class NameConflictError extends DomainError {
  readonly code = 'NAME_CONFLICT';

  constructor({ name, workspaceId, advice }: TakenName, options?: ErrorOptions) {
    const who = workspaceId === undefined ? 'Another workspace there' : `Workspace ${workspaceId}`;
    const what = name === undefined ? 'already bears that name' : `already bears the name ${JSON.stringify(name)}`;
    super(
      `${who} ${what}. ${advice ?? 'Choose another name, or rename that workspace first.'}`,
      { ...(name !== undefined && { name }), ...(workspaceId !== undefined && { workspaceId }) },
      options,
    );
  }
}

/** The id is taken by something else than what the call describes. */
export class AlreadyExistsError extends DomainError {
  readonly code = 'ALREADY_EXISTS';

  constructor(what: 'organization' | 'workspace', details: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super(`Another ${what} already has that id. Use a new id, or leave it out.`, details, options);
  }
}
