import type { WorkspaceStatus } from '../generated/prisma/enums.ts';

/** What the view workspace_states says of a workspace. Moments are texts in ISO 8601: few of them are ever looked at. */
export interface WorkspaceState {
  readonly orgId: string;
  readonly workspaceId: string;
  readonly status: WorkspaceStatus;
  readonly statusMessage: string | null;
  readonly lastHeartbeatAt: string | null;
  readonly evidenceAt: string;
}

/** An organization as one statement saw it. */
export interface OrganizationView {
  /** The number of its newest event. */
  readonly seq: bigint;
  /** When that was: microseconds since the epoch, on the database's clock. */
  readonly judgedAt: bigint;
  /** All its workspaces, removed ones included, by their ids. */
  readonly states: ReadonlyMap<string, WorkspaceState>;
}

/** The workspaces that are not as they were. */
export interface ChangedStates {
  /** Those that are new, or of whose status something else is said. */
  readonly changed: readonly string[];
  /** Those that were heard, and are as they were otherwise. */
  readonly heard: readonly string[];
}

/**
 * Milliseconds that a writer's transaction may take at most, with room: it cannot be seen before it commits, and the
 * moments that it writes are earlier.
 */
const writersBoundMs = 60_000;

/** What has changed between two views. All states are compared: none is missed, whatever the clock of its writer said. */
export function compareViews(before: OrganizationView, after: OrganizationView): ChangedStates {
  const changed: string[] = [];
  const heard: string[] = [];
  for (const [id, state] of after.states) {
    const known = before.states.get(id);
    if (known?.status !== state.status || known.statusMessage !== state.statusMessage) changed.push(id);
    else if (known.lastHeartbeatAt !== state.lastHeartbeatAt) heard.push(id);
  }
  return { changed, heard };
}

/** The workspaces whose states may be other than they were at a moment, given as in `judgedAt`. */
export function changedSince({ judgedAt, states }: OrganizationView, moment: bigint): string[] {
  // The database's clock may have been set back since: then nothing is newer than the moment, and all is told since now.
  const earlier = moment < judgedAt ? moment : judgedAt;
  const since = Number(earlier / 1000n) - writersBoundMs;
  return [...states.values()]
    .filter(({ evidenceAt }) => Date.parse(evidenceAt) > since)
    .map(({ workspaceId }) => workspaceId);
}
