import { Bot, ChevronRight, Folder, Sprout } from 'lucide-react';
import { memo } from 'react';
import { HeartbeatAge } from './heartbeat-age.tsx';
import { StatusBadge } from './status-badge.tsx';
import type { WorkspaceNode } from './tree.ts';
import type { VisibleRow } from './visible-rows.ts';
import classes from './workspace-tree.module.css';

interface WorkspaceRowProps {
  readonly node: WorkspaceNode;
  readonly row: VisibleRow;
  /** The place in the whole list, from 0. */
  readonly index: number;
  readonly top: number;
  readonly active: boolean;
  readonly selected: boolean;
  onToggle(id: string): void;
  onOpen(id: string): void;
}

export const rowId = (id: string): string => `workspace-${id}`;

/** One workspace in the tree. The keyboard is handled by the tree: rows are pointed at, and never focused themselves. */
export const WorkspaceRow = memo(function WorkspaceRow(props: WorkspaceRowProps) {
  const { node, row, index, top, active, selected, onToggle, onOpen } = props;
  const expandable = row.expanded !== undefined;
  const Icon = node.kind === 'PLATFORM' ? Sprout : expandable ? Folder : Bot;
  return (
    <div
      role="row"
      id={rowId(node.id)}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-rowindex={index + 2}
      aria-selected={selected}
      {...(expandable && { 'aria-expanded': row.expanded })}
      className={classes['row']}
      data-active={active || undefined}
      data-selected={selected || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(node.id)}
    >
      <span role="gridcell" className={classes['name']} style={{ paddingInlineStart: `${(row.level - 1) * 1.25}rem` }}>
        {/* For the mouse alone. The keyboard has the arrow keys, a screen reader aria-expanded. */}
        <span
          className={classes['chevron']}
          data-expanded={row.expanded}
          onClick={(event) => {
            if (!expandable) return;
            event.stopPropagation();
            onToggle(node.id);
          }}
        >
          {expandable && <ChevronRight size={16} aria-hidden />}
        </span>
        <Icon size={16} className={classes['icon']} data-kind={node.kind} aria-hidden />
        <span className={classes['label']} title={node.name}>
          {node.name}
        </span>
      </span>
      <span role="gridcell" className={classes['kind']}>
        {node.kind === 'PLATFORM' ? 'Platform agent' : 'Workspace'}
      </span>
      <span role="gridcell">
        <StatusBadge status={node.status} />
      </span>
      <span role="gridcell" className={classes['age']}>
        <HeartbeatAge at={node.lastHeartbeatAt} />
      </span>
    </div>
  );
});
