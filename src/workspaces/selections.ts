/** Leaves out tombstones, unless they are asked for. */
export function live(includeRemoved: boolean) {
  return includeRemoved ? {} : ({ lifecycle: { not: 'removed' } } as const);
}

/** The order in which siblings are shown. The id makes it total, as paging needs. */
export const byName = [{ name: 'asc' }, { id: 'asc' }] as const;

/** The row of the status view, which has one for every workspace, though Prisma cannot know that. */
export function stateOf<State>({ state }: { readonly state: State | null }): State {
  if (state === null) throw new Error('The view workspace_states has no row for a workspace');
  return state;
}
