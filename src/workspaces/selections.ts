import type { WorkspaceKind, WorkspaceStatus } from '../generated/prisma/enums.ts';

/** Leaves out tombstones, unless they are asked for. */
export function live(includeRemoved: boolean) {
  return includeRemoved ? {} : ({ lifecycle: { not: 'removed' } } as const);
}

/** What the workspaces of an organization can be filtered by. */
export interface WorkspaceFilter {
  readonly status?: WorkspaceStatus[] | null | undefined;
  readonly kind?: WorkspaceKind | null | undefined;
}

/** Those of any of these statuses, or all live ones; and of this kind. */
export function ofStatusAndKind({ status, kind }: WorkspaceFilter) {
  return { ...(status ? { state: { status: { in: status } } } : live(false)), ...(kind && { kind }) };
}

/** The order in which siblings are shown. The id makes it total, as paging needs. */
export const byName = [{ name: 'asc' }, { id: 'asc' }] as const;

/** The row of the status view, which has one for every workspace, though Prisma cannot know that. */
export function stateOf<State>({ state }: { readonly state: State | null }): State {
  if (state === null) throw new Error('The view workspace_states has no row for a workspace');
  return state;
}
