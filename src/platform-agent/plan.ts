import type { PluginPolicy, WorkspaceKind, WorkspaceLifecycle } from '../generated/prisma/enums.ts';
import { NameConflictError } from '../workspaces/errors.ts';

/** A live root, or the row that already bears the agent's id, as the install finds it. */
export interface Candidate {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: WorkspaceKind;
  readonly lifecycle: WorkspaceLifecycle;
  readonly pluginPolicy: PluginPolicy;
}

/** A live child of the row that bears the agent's id, and the root of the same name that would become its sibling. */
export interface Namesake {
  readonly childId: string;
  readonly adoptedId: string;
  readonly name: string;
}

/** What stands in the way of an install. */
export interface InstallConflict {
  /** What the install fails with. */
  readonly error: NameConflictError;
  readonly name: string;
  /** The workspace that bears the name. */
  readonly workspaceId: string;
  /** The root that would become its sibling, where a child of the agent's row is in the way. */
  readonly adoptedWorkspaceId: string | null;
  /** Whether the install would pass under another name of its agent. */
  readonly anotherNameHelps: boolean;
}

/** What an install is going to do, once nothing stands in its way. */
export interface InstallPlan {
  readonly agentId: string;
  readonly agentName: string;
  readonly pluginPolicy: PluginPolicy;
  /** The live roots that become the agent's children, by id. */
  readonly adoptedIds: readonly string[];
  /** The platform agent of another id that becomes an ordinary workspace, and is adopted with the others. */
  readonly demotedAgent: Candidate | undefined;
  /** Whether the demoted agent bears the name that the new one is to have, and so has to leave the roots first. */
  readonly demotedBearsName: boolean;
  /** Roots that admitted every plugin. They still will, unless the merged policy is `allow_listed`. */
  readonly previouslyOpenIds: readonly string[];
  /** Why the install has to be refused, if it has. */
  readonly conflict: InstallConflict | undefined;
}

/**
 * Decides what an install does, from what has been read. It writes nothing, and says the same to whoever asks.
 *
 * @param candidates every live root, and the row of the agent's id where there is one
 * @param namesakeBelow a child of that row with the name of a root, if there is one
 */
export function planInstall(
  candidates: readonly Candidate[],
  agentId: string,
  requestedName: string,
  namesakeBelow: Namesake | undefined,
): InstallPlan {
  const seeded = candidates.find(({ id }) => id === agentId);
  const roots = candidates.filter(({ id }) => id !== agentId);
  const agentName = seeded?.name ?? requestedName;
  const demotedAgent = roots.find(({ kind }) => kind === 'platform');

  const merged = seeded === undefined ? roots : [...roots, seeded];
  const pluginPolicy = merged.some((root) => root.pluginPolicy === 'allow_listed') ? 'allow_listed' : 'allow_all';
  return {
    agentId,
    agentName,
    pluginPolicy,
    adoptedIds: roots.map(({ id }) => id),
    demotedAgent,
    demotedBearsName: demotedAgent?.name === agentName,
    previouslyOpenIds: merged.filter(isOpenRoot).map(({ id }) => id),
    conflict: conflictAmongRoots(roots, agentName, seeded) ?? (namesakeBelow && conflictBelow(namesakeBelow)),
  };
}

const isOpenRoot = (workspace: Candidate): boolean =>
  workspace.parentId === null && workspace.pluginPolicy === 'allow_all';

/** A live root bears the agent's name. That of a platform agent to be demoted is no conflict, for it moves away. */
function conflictAmongRoots(
  roots: readonly Candidate[],
  agentName: string,
  seeded: Candidate | undefined,
): InstallConflict | undefined {
  const namesake = roots.find(({ name, kind }) => name === agentName && kind === 'workspace');
  if (namesake === undefined) return undefined;
  const advice =
    seeded === undefined
      ? 'Rename that workspace, or pass another name for the platform agent.'
      : `Rename that workspace, or rename ${seeded.id}, which is to become the platform agent and keeps its name.`;
  return {
    error: new NameConflictError({ name: agentName, workspaceId: namesake.id, advice }),
    name: agentName,
    workspaceId: namesake.id,
    adoptedWorkspaceId: null,
    anotherNameHelps: seeded === undefined,
  };
}

/** A row of the agent's id may have children already, and two of one name cannot stand under it. */
function conflictBelow({ name, childId, adoptedId }: Namesake): InstallConflict {
  const advice = `Rename it, or root ${adoptedId}: both would stand under the platform agent.`;
  return {
    error: new NameConflictError({ name, workspaceId: childId, advice }),
    name,
    workspaceId: childId,
    adoptedWorkspaceId: adoptedId,
    anotherNameHelps: false,
  };
}
