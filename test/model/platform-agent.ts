import { handOverAnchors } from './plugins.ts';
import { done, type Outcome, Refusal, type Rule, requireOrganization, workspaceOf } from './rule.ts';
import {
  fresh,
  type Identified,
  isLive,
  liveRoots,
  type State,
  withEvent,
  withWorkspace,
  workspacesWhere,
} from './state.ts';

/** Makes the platform agent the only root, under which the others are adopted. */
export const installPlatformAgent: Rule<'installPlatformAgent'> = (state, { orgId, name }, { actor }) => {
  requireOrganization(state, orgId);
  const { agentId } = state;
  const seeded = state.workspaces[agentId];
  const isInstalled = seeded?.kind === 'platform' && !state.openRoots;
  if (seeded !== undefined && (isInstalled || !isLive(seeded))) return answer(state);

  const roots = liveRoots(state).filter(({ id }) => id !== agentId);
  const agentName = seeded?.name ?? name ?? `${state.name} Agent`;
  requireFreeNames(state, roots, agentName);

  const others = [...roots, ...(seeded === undefined ? [] : [{ ...seeded, id: agentId }])];
  const policy = others.some((root) => root.policy === 'allow_listed') ? 'allow_listed' : 'allow_all';
  const agent = { ...fresh, ...seeded, name: agentName, parentId: null, kind: 'platform', policy } as const;
  const anchored = handOverAnchors(withWorkspace(state, agentId, agent), roots, agentId);
  const isOpen = ({ parentId, policy: own }: Identified) => parentId === null && own === 'allow_all';
  const data = {
    adoptedWorkspaces: roots.map(({ id }) => id),
    demotedAgent: roots.find(({ kind }) => kind === 'platform')?.id ?? null,
    previouslyOpenRoots: others.filter(isOpen).map(({ id }) => id),
    ...anchored.handedOver,
  };
  // A platform agent with another id is one of the roots, and becomes an ordinary workspace.
  const adopted = roots.reduce(
    (grown, { id }) => withWorkspace(grown, id, { parentId: agentId, kind: 'workspace' }),
    anchored.state,
  );
  const event = { type: 'platform_agent.installed', subjectId: agentId, actor, data };
  return answer(withEvent({ ...adopted, openRoots: false }, event));
};

/** It fails loudly and changes nothing. The name of a platform agent that is going to be adopted is no conflict. */
function requireFreeNames(state: State, roots: readonly Identified[], agentName: string): void {
  const namesake = roots.find((root) => root.name === agentName && root.kind === 'workspace');
  if (namesake !== undefined) throw new Refusal('NAME_CONFLICT', { name: agentName, workspaceId: namesake.id });
  const [child] = workspacesWhere(
    state,
    (child) => child.parentId === state.agentId && isLive(child) && roots.some(({ name }) => name === child.name),
  ).sort((one, other) => (one.name < other.name ? -1 : 1));
  if (child !== undefined) throw new Refusal('NAME_CONFLICT', { name: child.name, workspaceId: child.id });
}

function answer(state: State): Outcome {
  const { id, name, kind, policy, lifecycle } = workspaceOf(state, state.orgId, state.agentId);
  const shown = { id, name, kind: kind.toUpperCase(), pluginPolicy: policy.toUpperCase() };
  return done(state, { ...shown, removed: lifecycle === 'removed' });
}
