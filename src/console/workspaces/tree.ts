import type { FollowOrganizationSubscription, WorkspaceNodeFragment } from '../../generated/console.ts';

export type WorkspaceNode = WorkspaceNodeFragment;
type Update = FollowOrganizationSubscription['organizationEvents'];
type Event = Update['events'][number];
type State = Update['states'][number];

/** The workspaces of an organization, live and removed, as far as they are known. Never changed: changes make another. */
export interface Tree {
  readonly nodes: ReadonlyMap<string, WorkspaceNode>;
  /** The ids of the children of a workspace, by name; those of null are the roots. */
  readonly children: ReadonlyMap<string | null, readonly string[]>;
}

export const emptyTree: Tree = { nodes: new Map(), children: new Map() };

/** Numbers in names count as numbers, so that "Agent 10" comes after "Agent 9". */
export const { compare: compareNames } = new Intl.Collator('en', { numeric: true });

/** The tree with these workspaces put in, or put in place of what was known of them. */
export function withWorkspaces(tree: Tree, workspaces: readonly WorkspaceNode[]): Tree {
  if (workspaces.length === 0) return tree;
  const nodes = new Map(tree.nodes);
  const disturbed = new Set<string | null>();
  for (const workspace of workspaces) {
    const known = nodes.get(workspace.id);
    if (known?.parentId !== workspace.parentId || known.name !== workspace.name) {
      if (known !== undefined) disturbed.add(known.parentId);
      disturbed.add(workspace.parentId);
    }
    nodes.set(workspace.id, workspace);
  }
  return {
    nodes,
    children: disturbed.size === 0 ? tree.children : regroup(tree.children, nodes, workspaces, disturbed),
  };
}

/** The tree with what was told of the status of workspaces that it knows. */
export function withStates(tree: Tree, states: readonly State[]): Tree {
  const known = states.flatMap(({ workspaceId, ...state }) => {
    const node = tree.nodes.get(workspaceId);
    return node === undefined ? [] : [{ ...node, ...state }];
  });
  return withWorkspaces(tree, known);
}

/** The tree after what happened to it. Events carry their workspace as it is now; of others they tell only what changed. */
export function withEvents(tree: Tree, events: readonly Event[]): Tree {
  return events.reduce((before, event) => {
    const changed = [...changesBeside(before, event), ...(event.workspace ? [event.workspace] : [])];
    return withWorkspaces(before, changed);
  }, tree);
}

function changesBeside(tree: Tree, { type, data, workspace }: Event): WorkspaceNode[] {
  const change = (ids: unknown, changes: Partial<WorkspaceNode>) =>
    (Array.isArray(ids) ? ids : []).flatMap((id) => {
      const node = tree.nodes.get(String(id));
      return node === undefined ? [] : [{ ...node, ...changes }];
    });
  switch (type) {
    case 'workspace.removed':
      return change(data['removedWorkspaces'], { status: 'REMOVED', statusMessage: null });
    case 'platform_agent.installed': {
      const demoted = data['demotedAgent'];
      const adopted = change(data['adoptedWorkspaces'], { parentId: workspace?.id ?? null });
      return adopted.map((node) => (node.id === demoted ? { ...node, kind: 'WORKSPACE', tier: 1 } : node));
    }
    default:
      return [];
  }
}

/** Whether the tree knows all that the update speaks of. It may not know one that was written past the API. */
export function knowsAll(tree: Tree, states: readonly State[]): boolean {
  return states.every(({ workspaceId, status }) => tree.nodes.has(workspaceId) || status === 'REMOVED');
}

/** The workspaces above one, its root first. A way up that is broken or turns back on itself ends there. */
export function ancestorsOf(tree: Tree, id: string): WorkspaceNode[] {
  const path: WorkspaceNode[] = [];
  const seen = new Set([id]);
  for (let at = tree.nodes.get(id)?.parentId ?? null; at !== null && !seen.has(at); ) {
    seen.add(at);
    const node = tree.nodes.get(at);
    if (node === undefined) break;
    path.unshift(node);
    at = node.parentId;
  }
  return path;
}

/** The live workspaces below one, at any depth. */
export function liveDescendantsOf(tree: Tree, id: string): WorkspaceNode[] {
  const below: WorkspaceNode[] = [];
  const waiting = [id];
  const seen = new Set(waiting);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const childId of tree.children.get(at) ?? []) {
      const child = tree.nodes.get(childId);
      if (child === undefined || seen.has(childId) || child.status === 'REMOVED') continue;
      seen.add(childId);
      below.push(child);
      waiting.push(childId);
    }
  }
  return below;
}

/** Puts the children of the disturbed parents in order again. All others keep theirs, for sorting thousands takes time. */
function regroup(
  children: Tree['children'],
  nodes: Tree['nodes'],
  arrivals: readonly WorkspaceNode[],
  disturbed: ReadonlySet<string | null>,
): Tree['children'] {
  const groups = new Map([...disturbed].map((parentId) => [parentId, new Set(children.get(parentId))]));
  for (const { id, parentId } of arrivals) groups.get(parentId)?.add(id);
  const next = new Map(children);
  for (const [parentId, group] of groups) {
    const siblings = [...group].flatMap((id) => {
      const node = nodes.get(id);
      return node?.parentId === parentId ? [node] : [];
    });
    if (siblings.length === 0) next.delete(parentId);
    else
      next.set(
        parentId,
        siblings.sort(byName).map(({ id }) => id),
      );
  }
  return next;
}

const byName = (a: WorkspaceNode, b: WorkspaceNode) => compareNames(a.name, b.name) || compareNames(a.id, b.id);
