import type { Tree } from './tree.ts';

/** Which branches are open: all or none of them, but for some. */
export interface Expansion {
  readonly openByDefault: boolean;
  readonly exceptions: ReadonlySet<string>;
}

export const allOpen: Expansion = { openByDefault: true, exceptions: new Set() };
export const allClosed: Expansion = { openByDefault: false, exceptions: new Set() };

/** Up to so many workspaces, everything is open from the start. */
const openAllUpTo = 200;

export function initialExpansion({ nodes }: Tree): Expansion {
  return nodes.size <= openAllUpTo ? allOpen : allClosed;
}

/** The only root is open even where all are closed: with it closed, there would be nothing to see. */
export function isOpen(tree: Tree, { openByDefault, exceptions }: Expansion, id: string): boolean {
  const isSoleRoot = tree.nodes.get(id)?.parentId === null && tree.children.get(null)?.length === 1;
  return (openByDefault || isSoleRoot) !== exceptions.has(id);
}

export function toggled(expansion: Expansion, id: string): Expansion {
  const exceptions = new Set(expansion.exceptions);
  if (!exceptions.delete(id)) exceptions.add(id);
  return { ...expansion, exceptions };
}

/** The same, with these open. */
export function withOpen(tree: Tree, expansion: Expansion, ids: readonly string[]): Expansion {
  return ids.reduce((before, id) => (isOpen(tree, before, id) ? before : toggled(before, id)), expansion);
}
