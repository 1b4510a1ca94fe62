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

/** What an install is going to do. */
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
}

/**
 * Decides what an install does, from what it has locked. It writes nothing, and says the same to whoever asks.
 *
 * @param candidates every live root, and the row of the agent's id where there is one
 * @throws NameConflictError when a live root bears the agent's name. That of a platform agent to be demoted is no
 * conflict, for it moves away
 */
export function planInstall(candidates: readonly Candidate[], agentId: string, requestedName: string): InstallPlan {
  const seeded = candidates.find(({ id }) => id === agentId);
  const roots = candidates.filter(({ id }) => id !== agentId);
  const agentName = seeded?.name ?? requestedName;
  const demotedAgent = roots.find(({ kind }) => kind === 'platform');

  const namesake = roots.find(({ name, kind }) => name === agentName && kind === 'workspace');
  if (namesake !== undefined) {
    const advice =
      seeded === undefined
        ? 'Rename that workspace, or pass another name for the platform agent.'
        : `Rename that workspace, or rename ${agentId}, which is to become the platform agent and keeps its name.`;
    throw new NameConflictError({ name: agentName, workspaceId: namesake.id, advice });
  }

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
  };
}

const isOpenRoot = (workspace: Candidate): boolean =>
  workspace.parentId === null && workspace.pluginPolicy === 'allow_all';
