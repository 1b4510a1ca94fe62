import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { Tree } from './tree.ts';
import { commandOf, typeAhead } from './tree-keys.ts';
import type { VisibleRow } from './visible-rows.ts';
import { rowId, WorkspaceRow } from './workspace-row.tsx';
import classes from './workspace-tree.module.css';

interface WorkspaceTreeProps {
  readonly tree: Tree;
  readonly rows: readonly VisibleRow[];
  readonly selectedId: string | undefined;
  onToggle(id: string): void;
  onOpen(id: string): void;
}

const rowHeight = 40;
const headerHeight = 36;
/** Letters typed within this time belong to one name. */
const typingMs = 700;

/**
 * The tree as an ARIA treegrid. Only the rows in sight are in the page, with the active one always among them: the
 * treegrid keeps the focus, and points at that row.
 */
export function WorkspaceTree({ tree, rows, selectedId, onToggle, onOpen }: WorkspaceTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = useState<string>();
  const typed = useRef({ letters: '', at: 0 });
  const activeIndex = Math.max(
    0,
    rows.findIndex(({ id }) => id === activeId),
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollPaddingStart: headerHeight,
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) =>
        [...new Set([...defaultRangeExtractor(range), Math.min(activeIndex, range.count - 1)])].sort((a, b) => a - b),
      [activeIndex],
    ),
  });

  const selectedIndex = rows.findIndex(({ id }) => id === selectedId);
  const shownId = useRef<string>(undefined);
  useEffect(() => {
    // Once for each selection: where the row moves to afterwards, nobody wants to be taken along.
    if (selectedId === shownId.current || selectedIndex < 0) return;
    shownId.current = selectedId;
    setActiveId(selectedId);
    virtualizer.scrollToIndex(selectedIndex);
  }, [selectedId, selectedIndex, virtualizer]);

  function activate(index: number) {
    setActiveId(rows[index]?.id);
    virtualizer.scrollToIndex(index);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const command = commandOf(event.key, rows, activeIndex);
    if (command !== undefined) {
      event.preventDefault();
      if (command.kind === 'activate') activate(command.index);
      else if (command.kind === 'toggle') onToggle(command.id);
      else onOpen(command.id);
    } else if (event.key.length === 1) {
      const recent = event.timeStamp - typed.current.at < typingMs ? typed.current.letters : '';
      typed.current = { letters: recent + event.key, at: event.timeStamp };
      const found = typeAhead(tree, rows, activeIndex, typed.current.letters);
      if (found !== undefined) activate(found);
    }
  }

  const activeRow = rows[activeIndex];
  return (
    <div
      ref={scroller}
      role="treegrid"
      tabIndex={0}
      aria-label="Workspaces"
      aria-rowcount={rows.length + 1}
      {...(activeRow && { 'aria-activedescendant': rowId(activeRow.id) })}
      className={classes['tree']}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className={classes['header']}>
        <span role="columnheader">Name</span>
        <span role="columnheader" className={classes['kind']}>
          Kind
        </span>
        <span role="columnheader">Status</span>
        <span role="columnheader" title="When it was last heard">
          Heard
        </span>
      </div>
      <div role="rowgroup" className={classes['rows']} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          const node = row && tree.nodes.get(row.id);
          return (
            row &&
            node && (
              <WorkspaceRow
                key={row.id}
                node={node}
                row={row}
                index={index}
                top={start}
                active={index === activeIndex}
                selected={row.id === selectedId}
                onToggle={onToggle}
                onOpen={onOpen}
              />
            )
          );
        })}
      </div>
    </div>
  );
}
