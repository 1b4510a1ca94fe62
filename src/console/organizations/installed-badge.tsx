import { Badge } from '@mantine/core';
import { Check, Hourglass } from 'lucide-react';

/** Whether the platform agent is installed. It says nothing about whether the agent is alive. */
export function InstalledBadge({ installed }: { installed: boolean }) {
  return installed ? (
    <Badge variant="light" tt="none" leftSection={<Check size={12} aria-hidden />}>
      Installed
    </Badge>
  ) : (
    <Badge variant="default" tt="none" leftSection={<Hourglass size={12} aria-hidden />}>
      Not installed
    </Badge>
  );
}
