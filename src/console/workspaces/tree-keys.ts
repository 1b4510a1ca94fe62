import type { Tree } from './tree.ts';
import type { VisibleRow } from './visible-rows.ts';

/** What a key asks of the tree. */
type TreeCommand =
  | { readonly kind: 'activate'; readonly index: number }
  | { readonly kind: 'toggle'; readonly id: string }
  | { readonly kind: 'open'; readonly id: string };

/** Rows that Page Up and Page Down pass over. */
const pageRows = 10;

/**
 * What a key means where `index` is the active row, as the ARIA Authoring Practices have it for treegrids. Undefined for
 * a key that means nothing here.
 */
export function commandOf(key: string, rows: readonly VisibleRow[], index: number): TreeCommand | undefined {
  const row = rows[index];
  if (row === undefined) return undefined;
  const activate = (to: number): TreeCommand => ({
    kind: 'activate',
    index: Math.max(0, Math.min(rows.length - 1, to)),
  });
  switch (key) {
    case 'ArrowDown':
      return activate(index + 1);
    case 'ArrowUp':
      return activate(index - 1);
    case 'PageDown':
      return activate(index + pageRows);
    case 'PageUp':
      return activate(index - pageRows);
    case 'Home':
      return activate(0);
    case 'End':
      return activate(rows.length - 1);
    case 'ArrowRight':
      return row.expanded === false ? { kind: 'toggle', id: row.id } : row.expanded ? activate(index + 1) : undefined;
    case 'ArrowLeft':
      return row.expanded ? { kind: 'toggle', id: row.id } : activate(parentOf(rows, index));
    case 'Enter':
    case ' ':
      return { kind: 'open', id: row.id };
    default:
      return undefined;
  }
}

/** The row that typing these letters leads to: the next one, from the active row on, whose name begins with them. */
export function typeAhead(tree: Tree, rows: readonly VisibleRow[], index: number, typed: string): number | undefined {
  const letters = typed.toLowerCase();
  // One letter again and again steps through the rows; more letters may still mean the same row.
  const first = index + (typed.length === 1 ? 1 : 0);
  for (let step = 0; step < rows.length; step++) {
    const candidate = (first + step) % rows.length;
    const name = tree.nodes.get(rows[candidate]?.id ?? '')?.name;
    if (name?.toLowerCase().startsWith(letters)) return candidate;
  }
  return undefined;
}

function parentOf(rows: readonly VisibleRow[], index: number): number {
  const level = rows[index]?.level ?? 1;
  for (let above = index - 1; above >= 0; above--) {
    if ((rows[above]?.level ?? 1) < level) return above;
  }
  return index;
}
