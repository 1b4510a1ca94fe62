import { Button, Group, Stack } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { Notice } from '../ui/notice.tsx';
import { count, enumerate } from '../ui/words.ts';
import { StatusBadge } from '../workspaces/status-badge.tsx';
import { InstallPicture } from './install-picture.tsx';
import { type Installed, type Picture, pictureOfOutcome } from './picture.ts';

type Effects = NonNullable<Installed['installation']>;

interface InstallOutcomeProps {
  readonly orgId: string;
  readonly agent: Installed;
  readonly before: Picture;
  readonly promised: Picture;
  readonly changed: boolean;
  onClose(): void;
}

/** What the install did, in the picture that showed what it would do. */
export function InstallOutcome({ orgId, agent, before, promised, changed, onClose }: InstallOutcomeProps) {
  const [, navigate] = useLocation();
  const effects = agent.installation;
  const done = useRef<HTMLButtonElement>(null);
  // The button that had the focus is gone.
  useEffect(() => done.current?.focus(), []);
  return (
    <Stack gap="md">
      <Notice tone="success" title={changed ? `“${agent.name}” is the root now` : 'Nothing changed'}>
        <p>{changed && effects ? summarize(effects) : 'The platform agent was installed already, and is as it was.'}</p>
        <Group gap="xs">
          It is now <StatusBadge status={agent.status} />
        </Group>
        {agent.status === 'OFFLINE' && <p>Nothing runs it yet: with its first heartbeat it turns online by itself.</p>}
      </Notice>
      <InstallPicture
        before={before}
        after={changed ? pictureOfOutcome(agent, promised) : promised}
        afterTitle={changed ? 'Now' : 'Now: the same'}
      />
      <Group justify="flex-end" gap="sm">
        <Button
          variant="default"
          onClick={() => {
            onClose();
            navigate(`/organizations/${orgId}/workspaces/${agent.id}`);
          }}
        >
          Show the agent
        </Button>
        <Button ref={done} onClick={onClose}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}

function summarize({ adoptedWorkspaceCount, movedTokens, mergedPlugins, duplicatePlugins }: Effects): string {
  const parts = [
    `${count(adoptedWorkspaceCount, 'root')} adopted`,
    `${count(movedTokens, 'token')} moved`,
    `${count(mergedPlugins.length, 'plugin')} merged`,
  ];
  if (duplicatePlugins.length > 0) parts.push(`duplicates of ${duplicatePlugins.length} dropped`);
  return `${enumerate(parts)}.`;
}
