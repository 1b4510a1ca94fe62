import type { WorkspaceStatus } from '../../generated/console.ts';
import classes from './status.module.css';
import { statuses } from './statuses.ts';

/** A status: an icon, a word, and a color. */
export function StatusBadge({ status }: { status: WorkspaceStatus }) {
  const { label, icon: Icon, tone } = statuses[status];
  return (
    <span className={`${classes['status']} ${classes[tone]}`}>
      <Icon size={16} aria-hidden />
      {label}
    </span>
  );
}
