import { Text, Tooltip } from '@mantine/core';
import type { WorkspaceStatus } from '../../generated/console.ts';
import classes from './status.module.css';
import { statuses, statusOrder } from './statuses.ts';

interface StatusCountsProps {
  readonly counts: Readonly<Partial<Record<WorkspaceStatus, number>>>;
  /** Where there is room for the words beside the numbers. */
  readonly labelled?: boolean;
}

/** How many workspaces have which status. Those that none has are left out. */
export function StatusCounts({ counts, labelled = false }: StatusCountsProps) {
  const shown = statusOrder.filter((status) => (counts[status] ?? 0) > 0);
  if (shown.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No workspaces
      </Text>
    );
  }
  return (
    <ul className={classes['counts']}>
      {shown.map((status) => {
        const { label, icon: Icon, tone } = statuses[status];
        return (
          <li key={status}>
            <Tooltip label={`${counts[status]} ${label.toLowerCase()}`} disabled={labelled}>
              <span className={`${classes['count']} ${classes[tone]}`}>
                <Icon size={15} {...(labelled ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })} />
                {counts[status]} {labelled && label.toLowerCase()}
              </span>
            </Tooltip>
          </li>
        );
      })}
    </ul>
  );
}
