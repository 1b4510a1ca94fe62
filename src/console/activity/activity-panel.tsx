import { Anchor, Button, Center, Stack, Text, Timeline, Title } from '@mantine/core';
import {
  ArchiveRestore,
  Building2,
  CornerRightUp,
  History,
  KeyRound,
  type LucideIcon,
  PencilLine,
  Plus,
  Puzzle,
  Sprout,
  Trash2,
} from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import { Actor } from '../ui/actor.tsx';
import { Empty } from '../ui/empty.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { LoadingRows } from '../ui/loading-rows.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { WithTokenNames } from '../ui/with-token-names.tsx';
import { type ActivityEvent, describeEvent } from './describe-event.ts';
import { useActivity } from './use-activity.ts';

const icons: Record<string, LucideIcon> = {
  'organization.created': Building2,
  'platform_agent.installed': Sprout,
  'workspace.created': Plus,
  'workspace.moved': CornerRightUp,
  'workspace.renamed': PencilLine,
  'workspace.removed': Trash2,
  'workspace.restored': ArchiveRestore,
  'plugin.allowed': Puzzle,
  'plugin.disallowed': Puzzle,
  'plugin_policy.set': Puzzle,
  'api_token.created': KeyRound,
  'api_token.revoked': KeyRound,
};

const dayOf = new Intl.DateTimeFormat('en', { dateStyle: 'full' });

/** What happened to the organization, newest first. */
export function ActivityPanel() {
  const { events, error, loading, hasMore, loadMore, retry } = useActivity();
  const days = useMemo(() => groupByDay(events), [events]);

  if (loading) return <LoadingRows rows={6} label="Loading the activity" />;
  if (error && events.length === 0) return <ErrorPanel error={error} onRetry={retry} />;
  if (events.length === 0) {
    return (
      <Empty icon={History} title="Nothing happened yet">
        Every change of the tree, the allowlist and the tokens will be listed here.
      </Empty>
    );
  }
  return (
    <WithTokenNames>
      <Stack gap="lg">
        {[...days].map(([day, ofDay]) => (
          <section key={day} aria-label={day}>
            <Title order={2} size="h5" mb="sm">
              {day}
            </Title>
            <Timeline role="list" bulletSize={28} lineWidth={2}>
              {ofDay.map((event) => {
                const Icon = icons[event.type] ?? History;
                return (
                  <Timeline.Item key={event.seq} role="listitem" bullet={<Icon size={14} aria-hidden />}>
                    <EventText event={event} />
                  </Timeline.Item>
                );
              })}
            </Timeline>
          </section>
        ))}
        {error && <ErrorPanel error={error} onRetry={retry} />}
        {hasMore && (
          <Center>
            <Button variant="default" onClick={loadMore}>
              Show older
            </Button>
          </Center>
        )}
      </Stack>
    </WithTokenNames>
  );
}

function EventText({ event }: { event: ActivityEvent }) {
  const { orgId } = useOrganizationStore();
  const { tree } = useOrganizationState();
  const { sentence, details } = describeEvent(event, (id) => tree.nodes.get(id)?.name ?? `${id.slice(0, 8)}…`);
  return (
    <>
      <Text size="sm">
        <strong>
          <Actor actor={event.actor} />
        </strong>{' '}
        {sentence}
      </Text>
      {details.map((detail) => (
        <Text key={detail} size="sm" c="dimmed">
          {detail}
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        <RelativeTime at={event.createdAt} />
        {event.workspace && (
          <>
            {' · '}
            <Anchor
              component={Link}
              href={`/organizations/${orgId}/workspaces/${event.workspace.id}`}
              size="xs"
              underline="always"
            >
              {event.workspace.name}
            </Anchor>
          </>
        )}
      </Text>
    </>
  );
}

function groupByDay(events: readonly ActivityEvent[]): Map<string, ActivityEvent[]> {
  const days = new Map<string, ActivityEvent[]>();
  for (const event of events) {
    const day = dayOf.format(new Date(event.createdAt));
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return days;
}
