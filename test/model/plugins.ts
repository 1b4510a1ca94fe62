import { done, liveWorkspaceOf, Refusal, type Rule, removedAgent, requireOrganization } from './rule.ts';
import {
  type Entry,
  firstEventAt,
  type Identified,
  liveRoots,
  pathToRoot,
  type State,
  withEvent,
  withWorkspace,
} from './state.ts';

/**
 * The root that is meant: the one named, or the only live one.
 *
 * @throws Refusal
 */
export function rootOf(state: State, orgId: string, rootId: string | undefined): Identified {
  requireOrganization(state, orgId);
  if (rootId !== undefined) {
    const named = liveWorkspaceOf(state, orgId, rootId);
    if (named.parentId === null) return named;
    throw new Refusal('BAD_USER_INPUT', { workspaceId: rootId, rootId: pathToRoot(state, rootId).at(-1) });
  }
  const roots = liveRoots(state);
  const [only] = roots;
  if (only !== undefined && roots.length === 1) return only;
  if (only === undefined && !state.openRoots) throw removedAgent(state);
  throw new Refusal('AMBIGUOUS_ROOT', { orgId, rootCount: roots.length, rootIds: roots.map(({ id }) => id) });
}

const findEntry = (state: State, root: Identified, plugin: string): Entry | undefined =>
  state.entries.find((entry) => entry.rootId === root.id && entry.plugin === plugin);

/** An entry that is there stays as it is. */
export const allowPlugin: Rule<'allowPlugin'> = (state, { orgId, plugin, rootId }, { actor }) => {
  const root = rootOf(state, orgId, rootId);
  const known = findEntry(state, root, plugin);
  if (known !== undefined) return done(state, { plugin, enabledBy: known.by, rootId: root.id });
  const told = withEvent(state, { type: 'plugin.allowed', subjectId: root.id, actor, data: { plugin } });
  const entry = { rootId: root.id, plugin, by: actor, at: firstEventAt + told.events.length };
  return done({ ...told, entries: [...told.entries, entry] }, { plugin, enabledBy: actor, rootId: root.id });
};

/** The policy stays: a root is not opened by the loss of its last entry. */
export const disallowPlugin: Rule<'disallowPlugin'> = (state, { orgId, plugin, rootId }, { actor }) => {
  const root = rootOf(state, orgId, rootId);
  const known = findEntry(state, root, plugin);
  if (known === undefined) return done(state, false);
  const told = withEvent(state, { type: 'plugin.disallowed', subjectId: root.id, actor, data: { plugin } });
  return done({ ...told, entries: told.entries.filter((entry) => entry !== known) }, true);
};

export const setPluginPolicy: Rule<'setPluginPolicy'> = (state, { orgId, policy, rootId }, { actor }) => {
  const root = rootOf(state, orgId, rootId);
  const wanted = policy === 'ALLOW_ALL' ? 'allow_all' : 'allow_listed';
  const answer = { id: root.id, pluginPolicy: policy };
  if (root.policy === wanted) return done(state, answer);
  const event = { type: 'plugin_policy.set', subjectId: root.id, actor, data: { from: root.policy, to: wanted } };
  return done(withEvent(withWorkspace(state, root.id, { policy: wanted }), event), answer);
};

/** What was handed over, as the event tells it. */
export interface HandedOver {
  readonly movedTokens: number;
  readonly mergedPlugins: readonly string[];
  readonly duplicatePlugins: readonly string[];
}

/**
 * What happens to that which hangs on roots which are roots no more: tokens and entries go to the new root, and so does a
 * policy that restricts. Of entries for one plugin that of the new root stays, else the earliest, else that whose author
 * sorts first; it keeps its provenance, and none is left behind.
 */
export function handOverAnchors(
  state: State,
  from: readonly Identified[],
  toId: string,
): { readonly state: State; readonly handedOver: HandedOver } {
  const isFrom = (rootId: string) => from.some(({ id }) => id === rootId);
  const tokens = Object.entries(state.tokens).map(([id, token]) => [
    id,
    isFrom(token.rootId) ? { ...token, rootId: toId } : token,
  ]);
  const entries = state.entries.filter(({ rootId }) => !isFrom(rootId));
  const listed = new Set(entries.filter(({ rootId }) => rootId === toId).map(({ plugin }) => plugin));
  const [merged, duplicate] = [new Set<string>(), new Set<string>()];
  const arriving = state.entries.filter(({ rootId }) => isFrom(rootId)).toSorted(byProvenance);
  for (const entry of arriving) {
    if (listed.has(entry.plugin)) duplicate.add(entry.plugin);
    else {
      listed.add(entry.plugin);
      merged.add(entry.plugin);
      entries.push({ ...entry, rootId: toId });
    }
  }
  const moved = { ...state, tokens: Object.fromEntries(tokens), entries };
  const isRestricted = from.some(({ policy }) => policy === 'allow_listed');
  return {
    state: isRestricted ? withWorkspace(moved, toId, { policy: 'allow_listed' }) : moved,
    handedOver: {
      movedTokens: Object.values(state.tokens).filter(({ rootId }) => isFrom(rootId)).length,
      mergedPlugins: [...merged].toSorted(),
      duplicatePlugins: [...duplicate].toSorted(),
    },
  };
}

const byProvenance = (one: Entry, other: Entry) => one.at - other.at || (one.by < other.by ? -1 : 1);
