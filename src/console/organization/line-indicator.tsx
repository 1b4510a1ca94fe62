import { Group, Text, Tooltip, VisuallyHidden } from '@mantine/core';
import { LoaderCircle, Radio, WifiOff } from 'lucide-react';
import { useOrganizationState } from './organization-context.ts';

const looks = {
  connecting: { icon: LoaderCircle, text: 'Connecting', hint: 'Changes will be shown as they happen.' },
  live: { icon: Radio, text: 'Live', hint: 'Changes are shown as they happen.' },
  lost: {
    icon: WifiOff,
    text: 'Connection lost',
    hint: 'What you see may be out of date. The connection is taken up again by itself.',
  },
} as const;

/** Whether what is shown keeps up with the server. */
export function LineIndicator() {
  const { line } = useOrganizationState();
  const { icon: Icon, text, hint } = looks[line];
  return (
    <Tooltip label={hint}>
      <Group gap={6} role="status" c={line === 'lost' ? 'var(--mantine-color-error)' : 'dimmed'} wrap="nowrap">
        <Icon size={16} aria-hidden />
        <Text size="sm" fw={500} c="inherit">
          {text}
        </Text>
        {line === 'lost' && <VisuallyHidden>{hint}</VisuallyHidden>}
      </Group>
    </Tooltip>
  );
}
