import fc from 'fast-check';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { isLive, type Lifecycle, livePlatformAgent, type Policy, type State, type Workspace } from './state.ts';
import { idOf, names, plugins } from './symbols.ts';

/** A workspace as it is drawn: what does not fit in is made to fit, or left out. */
interface Drawn {
  readonly name: string;
  /** Which of those before it is its parent; 0 for none. */
  readonly parent: number;
  readonly lifecycle: Lifecycle;
  readonly policy: Policy;
  /** Whether each of its tokens is revoked. */
  readonly tokens: readonly boolean[];
  readonly entries: readonly { readonly plugin: string; readonly by: string; readonly at: number }[];
}

/** What an organization begins with. */
export interface Beginning {
  /** Whether it has been closed to other roots. */
  readonly installed: boolean;
  /** What bears the id of the platform agent: nothing, an ordinary root or branch, or a platform agent, perhaps removed. */
  readonly agent: Drawn & { readonly place: 'absent' | 'root' | 'branch' | 'platform' | 'removed' };
  /** A platform agent with another id, of an import or an older install. */
  readonly foreign: Drawn & { readonly place: 'absent' | 'platform' | 'removed' };
  readonly workspaces: readonly Drawn[];
}

const drawn = {
  name: fc.constantFrom(...names),
  parent: fc.nat({ max: 5 }),
  lifecycle: fc.constantFrom<Lifecycle[]>('offline', 'offline', 'provisioning', 'failed', 'removed'),
  policy: fc.constantFrom<Policy[]>('allow_all', 'allow_all', 'allow_listed'),
  tokens: fc.array(fc.boolean(), { maxLength: 2 }),
  entries: fc.uniqueArray(
    fc.record({
      plugin: fc.constantFrom(...plugins),
      by: fc.constantFrom('ada', 'bob'),
      at: fc.integer({ min: 1, max: 3 }),
    }),
    { selector: ({ plugin }) => plugin, maxLength: 2 },
  ),
};

export const beginning: fc.Arbitrary<Beginning> = fc.record({
  installed: fc.constantFrom(false, false, false, true),
  agent: fc.record({
    ...drawn,
    place: fc.constantFrom(
      'absent' as const,
      'absent' as const,
      'root' as const,
      'branch' as const,
      'platform' as const,
      'removed' as const,
    ),
  }),
  foreign: fc.record({
    ...drawn,
    place: fc.constantFrom('absent' as const, 'absent' as const, 'platform' as const, 'removed' as const),
  }),
  workspaces: fc.array(fc.record(drawn), { maxLength: 5, size: 'max' }),
});

/** The organization under that id, in a state that the design allows. */
export function initialState(orgId: string, { installed, agent, foreign, workspaces }: Beginning): State {
  const agentId = platformAgentId(orgId);
  const empty = { workspaces: {}, tokens: {}, entries: [], events: [], others: {} };
  let state: State = { orgId, agentId, name: 'Acme', openRoots: !installed, ...empty };
  const add = (id: string, workspace: Drawn, kind: Workspace['kind'], lifecycle = workspace.lifecycle) => {
    state = withDrawn(state, id, workspace, kind, lifecycle);
  };
  const alive = ({ lifecycle }: Drawn) => (lifecycle === 'removed' ? 'offline' : lifecycle);

  const isNeeded =
    installed && foreign.place !== 'platform' && agent.place !== 'removed' && foreign.place !== 'removed';
  const place = isNeeded ? 'platform' : agent.place;
  if (foreign.place !== 'absent') {
    const isSecond = foreign.place === 'removed' || place === 'platform';
    add(idOf(orgId, '@foreign'), { ...foreign, parent: 0 }, 'platform', isSecond ? 'removed' : alive(foreign));
  }
  if (place === 'platform') add(agentId, { ...agent, parent: 0 }, 'platform', alive(agent));
  if (place === 'removed') add(agentId, { ...agent, parent: 0 }, 'platform', 'removed');
  if (place === 'root') add(agentId, { ...agent, parent: 0 }, 'workspace');
  for (const [index, workspace] of workspaces.entries()) add(idOf(orgId, `@w${index}`), workspace, 'workspace');
  if (place === 'branch') add(agentId, { ...agent, parent: Math.max(1, agent.parent) }, 'workspace');
  return state;
}

/** Adds the workspace, unless a live sibling bears its name. */
function withDrawn(state: State, id: string, drawn: Drawn, kind: Workspace['kind'], wanted: Lifecycle): State {
  const { name, policy } = drawn;
  const places = [null, ...Object.keys(state.workspaces)];
  let parentId = places[drawn.parent % places.length] ?? null;
  let lifecycle = wanted;
  if (parentId === null && kind === 'workspace' && !state.openRoots && lifecycle !== 'removed') {
    parentId = livePlatformAgent(state)?.id ?? null;
    if (parentId === null) lifecycle = 'removed';
  }
  const parent = parentId === null ? undefined : state.workspaces[parentId];
  if (parent !== undefined && !isLive(parent)) lifecycle = 'removed';
  const siblings = Object.values(state.workspaces).filter((other) => other.parentId === parentId && isLive(other));
  if (lifecycle !== 'removed' && siblings.some((sibling) => sibling.name === name)) return state;

  const status = lifecycle.toUpperCase() as Uppercase<Lifecycle>;
  const unheard = { runtime: 'claude-code', heard: null, reported: null } as const;
  const workspace = { parentId, name, kind, policy, lifecycle, status, ...unheard };
  const grown = { ...state, workspaces: { ...state.workspaces, [id]: workspace } };
  return parentId === null ? withAnchors(grown, id, drawn, lifecycle === 'removed') : grown;
}

function withAnchors(state: State, rootId: string, { tokens, entries }: Drawn, isRemoved: boolean): State {
  const known = Object.keys(state.tokens).length;
  const anchored = tokens.map((isRevoked, index) => {
    const token = { rootId, name: 'given', createdBy: 'fixture', revoked: isRevoked || isRemoved, expires: false };
    return [idOf(state.orgId, `@token${known + index}`), token];
  });
  return {
    ...state,
    tokens: { ...state.tokens, ...Object.fromEntries(anchored) },
    entries: [...state.entries, ...entries.map((entry) => ({ rootId, ...entry }))],
  };
}
