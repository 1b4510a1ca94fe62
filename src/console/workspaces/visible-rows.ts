import type { WorkspaceStatus } from '../../generated/console.ts';
import { type Expansion, isOpen } from './expansion.ts';
import type { Tree, WorkspaceNode } from './tree.ts';

/** Which workspaces are to be shown. */
export interface TreeFilter {
  /** Part of the name or the whole id, in any case. Empty: any. */
  readonly text: string;
  /** Null: any but REMOVED. */
  readonly status: WorkspaceStatus | null;
  readonly showRemoved: boolean;
}

/** A row of the tree as it is shown: what the ARIA attributes of a treegrid ask for. */
export interface VisibleRow {
  readonly id: string;
  /** 1 for a root. */
  readonly level: number;
  /** Where it stands among its siblings that are shown, from 1. */
  readonly position: number;
  readonly siblings: number;
  /** Undefined where nothing is below it. */
  readonly expanded: boolean | undefined;
}

/** Whether the filter asks for certain workspaces: then the way to each is shown open, whatever is closed. */
export function isNarrowing({ text, status }: TreeFilter): boolean {
  return text.trim() !== '' || status !== null;
}

/** The rows from top to bottom. */
export function visibleRows(tree: Tree, expansion: Expansion, filter: TreeFilter): VisibleRow[] {
  const narrowing = isNarrowing(filter);
  const shown = narrowing ? matchesAndAncestors(tree, filter) : undefined;
  const isShown = (id: string) =>
    shown === undefined ? filter.showRemoved || tree.nodes.get(id)?.status !== 'REMOVED' : shown.has(id);

  const rows: VisibleRow[] = [];
  const visit = (parentId: string | null, level: number) => {
    const siblings = (tree.children.get(parentId) ?? []).filter(isShown);
    siblings.forEach((id, index) => {
      const expandable = (tree.children.get(id) ?? []).some(isShown);
      const open = expandable && (narrowing || isOpen(tree, expansion, id));
      rows.push({
        id,
        level,
        position: index + 1,
        siblings: siblings.length,
        expanded: expandable ? open : undefined,
      });
      if (open) visit(id, level + 1);
    });
  };
  visit(null, 1);
  return rows;
}

function matchesAndAncestors(tree: Tree, filter: TreeFilter): Set<string> {
  const shown = new Set<string>();
  for (const node of tree.nodes.values()) {
    if (!matches(node, filter)) continue;
    for (let at: WorkspaceNode | undefined = node; at !== undefined && !shown.has(at.id); ) {
      shown.add(at.id);
      at = at.parentId === null ? undefined : tree.nodes.get(at.parentId);
    }
  }
  return shown;
}

function matches({ id, name, status }: WorkspaceNode, filter: TreeFilter): boolean {
  if (filter.status === null ? status === 'REMOVED' && !filter.showRemoved : status !== filter.status) return false;
  const text = filter.text.trim().toLowerCase();
  return text === '' || name.toLowerCase().includes(text) || id === text;
}
