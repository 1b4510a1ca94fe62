import type { Transaction } from '../database/client.ts';
import { BadUserInputError, DomainError } from '../domain-error.ts';
import { WorkspaceRemovedError } from './errors.ts';
import {
  findLiveRoots,
  readLiveWorkspace,
  readPathToRoot,
  readRemovedPlatformAgentId,
  type WorkspaceRow,
} from './workspace.sql.ts';

/** How many ids an error lists; an organization may have thousands of roots. */
const maxListedRoots = 20;

/** The organization has no single live root, so the caller has to name the one that is meant. */
export class AmbiguousRootError extends DomainError {
  readonly code = 'AMBIGUOUS_ROOT';

  constructor(orgId: string, rootIds: readonly string[], rootCount: number) {
    super(
      rootCount === 0
        ? `Organization ${orgId} has no live root. Install its platform agent, or create a workspace, first.`
        : `Organization ${orgId} has ${rootCount} roots. Pass rootId, or install its platform agent, which becomes the only one.`,
      { orgId, rootCount, rootIds },
    );
  }
}

/**
 * The live root that tokens and allowlist entries are to hang on: the one named, or the only one there is. Call it under
 * the organization's lock.
 *
 * @throws AmbiguousRootError, WorkspaceNotFoundError, WorkspaceRemovedError (the one named, or the platform agent, once
 * installed), BadUserInputError when the workspace named
 * is not a root; its details name the root above it
 */
export async function resolveRoot(
  tx: Transaction,
  orgId: string,
  namedRootId: string | undefined,
): Promise<WorkspaceRow> {
  if (namedRootId === undefined) {
    const { roots, count } = await findLiveRoots(tx, orgId, maxListedRoots);
    const [root] = roots;
    if (root !== undefined && count === 1) return root;
    const { openRoots } = await tx.organization.findUniqueOrThrow({
      where: { id: orgId },
      select: { openRoots: true },
    });
    if (count === 0 && !openRoots)
      throw new WorkspaceRemovedError(await readRemovedPlatformAgentId(tx, orgId), 'The platform agent');
    const rootIds = roots.map(({ id }) => id);
    throw new AmbiguousRootError(orgId, rootIds, count);
  }
  const workspace = await readLiveWorkspace(tx, orgId, namedRootId);
  if (workspace.parentId === null) return workspace;
  const rootId = (await readPathToRoot(tx, orgId, namedRootId)).at(-1);
  throw new BadUserInputError(
    `Workspace ${namedRootId} is not a root. The root above it is ${rootId}: pass that, or leave rootId out.`,
    {
      workspaceId: namedRootId,
      rootId,
    },
  );
}
