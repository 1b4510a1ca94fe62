import { Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { Sprout } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { OrganizationQuery } from '../../generated/console.ts';
import { InstallDialog } from '../install/install-dialog.tsx';
import { Actor } from '../ui/actor.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { HeartbeatAge } from '../workspaces/heartbeat-age.tsx';
import { StatusBadge } from '../workspaces/status-badge.tsx';
import classes from './agent-panel.module.css';
import { useOrganizationState } from './organization-context.ts';

type Organization = NonNullable<OrganizationQuery['organization']>;

/** The platform agent: what it is now, or that there is none yet, and the button that changes that. */
export function AgentPanel({ organization }: { organization: Organization }) {
  const [installing, setInstalling] = useState(false);
  const { tree } = useOrganizationState();
  const { platformAgent: agent, installed } = organization;
  const live = agent && (tree.nodes.get(agent.id) ?? agent);
  return (
    <Paper withBorder p="md" className={classes['panel']}>
      <Sprout size={28} className={classes['icon']} aria-hidden />
      {agent === null || live === null ? (
        <Stack gap={2} flex="1 1 14rem">
          <Text fw={600}>No platform agent yet</Text>
          <Text size="sm" c="dimmed">
            Installing it makes it the single root: today’s roots move below it, with their tokens and allowlists.
          </Text>
        </Stack>
      ) : (
        <Stack gap={2} flex="1 1 14rem">
          <Group gap="sm">
            <Anchor component={Link} href={`/organizations/${organization.id}/workspaces/${agent.id}`} fw={600}>
              {live.name}
            </Anchor>
            <StatusBadge status={live.status} />
          </Group>
          <Text size="sm" c="dimmed">
            {live.status === 'REMOVED'
              ? 'The platform agent was removed. Restore it to have a root again.'
              : 'Platform agent'}
            {'lastHeartbeatAt' in live && live.status !== 'REMOVED' && (
              <>
                , last heard: <HeartbeatAge at={live.lastHeartbeatAt} />
              </>
            )}
            {agent.installation && (
              <>
                {' · '}installed <RelativeTime at={agent.installation.installedAt} /> by{' '}
                <Actor actor={agent.installation.installedBy} />
              </>
            )}
          </Text>
        </Stack>
      )}
      <Button variant={installed ? 'default' : 'filled'} onClick={() => setInstalling(true)}>
        {installed ? 'Check the installation' : 'Install platform agent'}
      </Button>
      {installing && <InstallDialog orgId={organization.id} onClose={() => setInstalling(false)} />}
    </Paper>
  );
}
