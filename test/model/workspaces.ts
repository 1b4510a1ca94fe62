import { handOverAnchors } from './plugins.ts';
import {
  done,
  liveWorkspaceOf,
  type Outcome,
  Refusal,
  type Rule,
  removedAgent,
  requireOrganization,
  workspaceOf,
} from './rule.ts';
import {
  fresh,
  type Identified,
  isLive,
  livePlatformAgent,
  pathToRoot,
  type State,
  withEvent,
  withWorkspace,
  workspacesWhere,
} from './state.ts';

/** What a workspace is when it is new, or back: nothing has been heard of it yet. */
const offline = { lifecycle: 'offline', status: 'OFFLINE' } as const;

/** Under the parent named; else under the platform agent; else as a root, while there may be roots. */
export const createWorkspace: Rule<'createWorkspace'> = (state, args, { actor, freshId }) => {
  const { orgId, name, id = freshId, runtime = 'claude-code' } = args;
  requireOrganization(state, orgId);
  const existing = state.workspaces[id];
  if (existing !== undefined) {
    liveWorkspaceOf(state, orgId, id);
    const isSame = existing.name === name && existing.runtime === runtime;
    if (isSame && (args.parentId ?? existing.parentId) === existing.parentId) return answer(state, id);
    throw new Refusal('ALREADY_EXISTS', { id, name: existing.name, parentId: existing.parentId });
  }
  const parentId = args.parentId ?? placeWithoutParent(state)?.id ?? null;
  if (args.parentId !== undefined) liveWorkspaceOf(state, orgId, args.parentId);
  requireFreeName(state, parentId, name);
  const created = { ...fresh, kind: 'workspace', policy: 'allow_all', parentId, name, runtime } as const;
  const grown = withWorkspace(state, id, created);
  const event = { type: 'workspace.created', subjectId: id, actor, data: { name, parentId } };
  return answer(withEvent(grown, event), id);
};

/** Inside its organization, never onto itself or below itself, and never the platform agent. */
export const moveWorkspace: Rule<'moveWorkspace'> = (state, { orgId, id, parentId }, { actor }) => {
  const workspace = liveWorkspaceOf(state, orgId, id);
  if (workspace.kind === 'platform') throw new Refusal('PLATFORM_AGENT_IMMOVABLE', { workspaceId: id });
  liveWorkspaceOf(state, orgId, parentId);
  const path = pathToRoot(state, parentId);
  if (path.includes(id)) throw new Refusal('WOULD_CYCLE', { workspaceId: id, parentId });
  if (workspace.parentId === parentId) return answer(state, id);
  requireFreeName(state, parentId, workspace.name);
  const freed =
    workspace.parentId === null
      ? handOverAnchors(state, [workspace], path.at(-1) ?? parentId)
      : { state, handedOver: {} };
  const data = { fromParentId: workspace.parentId, toParentId: parentId, ...freed.handedOver };
  const moved = withWorkspace(freed.state, id, { parentId });
  return answer(withEvent(moved, { type: 'workspace.moved', subjectId: id, actor, data }), id);
};

export const renameWorkspace: Rule<'renameWorkspace'> = (state, { orgId, id, name }, { actor }) => {
  const workspace = liveWorkspaceOf(state, orgId, id);
  if (workspace.name === name) return answer(state, id);
  requireFreeName(state, workspace.parentId, name);
  const event = { type: 'workspace.renamed', subjectId: id, actor, data: { from: workspace.name, to: name } };
  return answer(withEvent(withWorkspace(state, id, { name }), event), id);
};

/** Tombstones stay where they are; the tokens of a root are revoked with it. */
export const removeWorkspace: Rule<'removeWorkspace'> = (state, args, { actor }) => {
  const { orgId, id, includeDescendants = false } = args;
  if (!isLive(workspaceOf(state, orgId, id))) return answer(state, id);
  const children = workspacesWhere(state, (child) => child.parentId === id && isLive(child)).length;
  if (children > 0 && !includeDescendants) throw new Refusal('HAS_CHILDREN', { workspaceId: id, children });
  const below = workspacesWhere(state, (other) => isLive(other) && pathToRoot(state, other.id).includes(id));
  const emptied = below.reduce(
    (smaller, removed) => withWorkspace(smaller, removed.id, { lifecycle: 'removed', status: 'REMOVED' }),
    state,
  );
  const tokens = Object.entries(state.tokens).map(([tokenId, token]) => [
    tokenId,
    token.rootId === id ? { ...token, revoked: true } : token,
  ]);
  const revoked = { ...emptied, tokens: Object.fromEntries(tokens) };
  const data = { removedWorkspaces: below.map((removed) => removed.id).toSorted() };
  return answer(withEvent(revoked, { type: 'workspace.removed', subjectId: id, actor, data }), id);
};

/** It comes back alone: where it was, or under the platform agent where it was a root and there is one now. */
export const restoreWorkspace: Rule<'restoreWorkspace'> = (state, { orgId, id }, { actor }) => {
  const workspace = workspaceOf(state, orgId, id);
  if (isLive(workspace)) return answer(state, id);
  const { parentId, kind } = placeOfRestored(state, workspace);
  requireFreeName(state, parentId, workspace.name);
  const isNoRootAnyMore = workspace.parentId === null && parentId !== null;
  const freed = isNoRootAnyMore ? handOverAnchors(state, [workspace], parentId) : { state, handedOver: {} };
  const restored = withWorkspace(freed.state, id, { parentId, kind, ...offline });
  const data = { parentId, ...freed.handedOver };
  return answer(withEvent(restored, { type: 'workspace.restored', subjectId: id, actor, data }), id);
};

function placeOfRestored(state: State, workspace: Identified): Pick<Identified, 'parentId' | 'kind'> {
  const { id, parentId, kind } = workspace;
  if (parentId !== null) {
    liveWorkspaceOf(state, state.orgId, parentId);
    return { parentId, kind };
  }
  if (livePlatformAgent(state) === undefined) {
    if (kind === 'platform') return { parentId, kind };
    if (!state.openRoots && id === state.agentId) return { parentId, kind: 'platform' };
  }
  return { parentId: placeWithoutParent(state)?.id ?? null, kind: 'workspace' };
}

/**
 * The platform agent, or nothing while there may be roots.
 *
 * @throws Refusal where the agent is installed and removed: what would hang on it waits for its return
 */
function placeWithoutParent(state: State): Identified | undefined {
  const agent = livePlatformAgent(state);
  if (agent !== undefined || state.openRoots) return agent;
  throw removedAgent(state);
}

function requireFreeName(state: State, parentId: string | null, name: string): void {
  const [namesake] = workspacesWhere(
    state,
    (other) => other.parentId === parentId && other.name === name && isLive(other),
  );
  if (namesake !== undefined) throw new Refusal('NAME_CONFLICT', { name, workspaceId: namesake.id });
}

function answer(state: State, id: string): Outcome {
  const { name, parentId, lifecycle } = workspaceOf(state, state.orgId, id);
  return done(state, { id, name, parentId, removed: lifecycle === 'removed' });
}
