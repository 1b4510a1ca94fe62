import { useOrganizationState } from '../organization/organization-context.ts';
import { RelativeTime } from '../ui/time.tsx';

/** How long ago a workspace was heard, on the clock of the database that judges it. */
export function HeartbeatAge({ at }: { at: string | null }) {
  const { clockAhead } = useOrganizationState();
  return at === null ? 'never' : <RelativeTime at={at} clockAhead={clockAhead} />;
}
