// What is known of an organization, in the terms of the design. States are never changed: a rule returns another one.

export type Policy = 'allow_all' | 'allow_listed';
export type Lifecycle = 'offline' | 'provisioning' | 'failed' | 'removed';

export interface Workspace {
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: 'workspace' | 'platform';
  readonly runtime: string;
  readonly policy: Policy;
  readonly lifecycle: Lifecycle;
  /** What it said of itself in its last heartbeat; null while there was none. */
  readonly heard: 'healthy' | 'degraded' | null;
  /** What a provisioner reported last. */
  readonly reported: Exclude<Lifecycle, 'removed'> | null;
  /** What is true of it: what the last of lifecycle, heartbeat and report says. No run takes as long as a window. */
  readonly status: 'ONLINE' | 'DEGRADED' | Uppercase<Lifecycle>;
}

/** What every workspace begins with. */
export const fresh = {
  runtime: 'claude-code',
  lifecycle: 'offline',
  heard: null,
  reported: null,
  status: 'OFFLINE',
} as const;

export interface Token {
  readonly rootId: string;
  readonly name: string;
  readonly createdBy: string;
  readonly revoked: boolean;
  readonly expires: boolean;
}

export interface Entry {
  readonly rootId: string;
  readonly plugin: string;
  readonly by: string;
  /** A moment: below `firstEventAt` one before the history of the organization, else that of its event. */
  readonly at: number;
}

/** When the event of number 0 would have been. */
export const firstEventAt = 1_000;

export interface Event {
  readonly type: string;
  readonly subjectId: string | null;
  readonly actor: string;
  /** What changed: ids, names and numbers. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface State {
  readonly orgId: string;
  /** The id that its platform agent has or is going to have. */
  readonly agentId: string;
  readonly name: string;
  readonly openRoots: boolean;
  /** By id, oldest first. */
  readonly workspaces: Readonly<Record<string, Workspace>>;
  /** By id. */
  readonly tokens: Readonly<Record<string, Token>>;
  readonly entries: readonly Entry[];
  readonly events: readonly Event[];
  /** The names of organizations that were created besides, by id. */
  readonly others: Readonly<Record<string, string>>;
}

/** A workspace with its id. */
export type Identified = Workspace & { readonly id: string };

export const isLive = ({ lifecycle }: Workspace): boolean => lifecycle !== 'removed';

/** All workspaces that satisfy a condition, oldest first. */
export function workspacesWhere(state: State, condition: (workspace: Identified) => boolean): Identified[] {
  return Object.entries(state.workspaces)
    .map(([id, workspace]) => ({ ...workspace, id }))
    .filter(condition);
}

/** The live workspaces without a parent, by id. */
export function liveRoots(state: State): Identified[] {
  return workspacesWhere(state, (workspace) => workspace.parentId === null && isLive(workspace)).sort(byId);
}

export const livePlatformAgent = (state: State): Identified | undefined =>
  workspacesWhere(state, (workspace) => workspace.kind === 'platform' && isLive(workspace)).at(0);

/** A workspace and all above it, up to its root. */
export function pathToRoot(state: State, id: string): string[] {
  const parentId = state.workspaces[id]?.parentId ?? null;
  return [id, ...(parentId === null ? [] : pathToRoot(state, parentId))];
}

export const withWorkspace = (state: State, id: string, change: Partial<Workspace>): State => ({
  ...state,
  workspaces: { ...state.workspaces, [id]: { ...state.workspaces[id], ...change } as Workspace },
});

export const withEvent = (state: State, event: Event): State => ({ ...state, events: [...state.events, event] });

export const byId = (one: { readonly id: string }, other: { readonly id: string }): number =>
  one.id < other.id ? -1 : 1;
