import { CircleCheck, CircleDashed, CircleX, LoaderCircle, type LucideIcon, Trash2, TriangleAlert } from 'lucide-react';
import type { WorkspaceStatus } from '../../generated/console.ts';

interface StatusLook {
  readonly label: string;
  readonly icon: LucideIcon;
  /** A class of status.module.css. */
  readonly tone: string;
}

/** How each status looks: always an icon of its own and a word, and a color besides. */
export const statuses: Readonly<Record<WorkspaceStatus, StatusLook>> = {
  ONLINE: { label: 'Online', icon: CircleCheck, tone: 'online' },
  DEGRADED: { label: 'Degraded', icon: TriangleAlert, tone: 'degraded' },
  PROVISIONING: { label: 'Provisioning', icon: LoaderCircle, tone: 'provisioning' },
  OFFLINE: { label: 'Offline', icon: CircleDashed, tone: 'offline' },
  FAILED: { label: 'Failed', icon: CircleX, tone: 'failed' },
  REMOVED: { label: 'Removed', icon: Trash2, tone: 'removed' },
};

/** The statuses in the order in which they are listed. */
export const statusOrder = ['ONLINE', 'DEGRADED', 'PROVISIONING', 'OFFLINE', 'FAILED', 'REMOVED'] as const;
