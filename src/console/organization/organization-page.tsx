import { Anchor, Group, Stack, Tabs, Title } from '@mantine/core';
import { ArrowLeft, FolderTree, History, KeyRound, Puzzle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { Link, useLocation, useParams } from 'wouter';
import { OrganizationDocument } from '../../generated/console.ts';
import { ActivityPanel } from '../activity/activity-panel.tsx';
import { PluginsPanel } from '../plugins/plugins-panel.tsx';
import { signOut } from '../session/session.ts';
import { useViewer } from '../session/viewer-context.ts';
import { TokensPanel } from '../tokens/tokens-panel.tsx';
import { CopyId } from '../ui/copy-id.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { LoadingRows } from '../ui/loading-rows.tsx';
import { MissingPage } from '../ui/missing-page.tsx';
import { useTitle } from '../ui/use-title.ts';
import { WorkspacesPanel } from '../workspaces/workspaces-panel.tsx';
import { AgentPanel } from './agent-panel.tsx';
import { LineIndicator } from './line-indicator.tsx';
import { OrganizationContext, useOrganizationState, useOrganizationStore } from './organization-context.ts';
import classes from './organization-page.module.css';
import { OrganizationStore } from './organization-store.ts';
import { useOrganizationQuery } from './use-organization-query.ts';

const tabs = [
  { value: 'workspaces', label: 'Workspaces', icon: FolderTree },
  { value: 'plugins', label: 'Plugins', icon: Puzzle },
  { value: 'tokens', label: 'API tokens', icon: KeyRound },
  { value: 'activity', label: 'Activity', icon: History },
] as const;

/** One organization, followed while it is looked at. */
export function OrganizationPage({ orgId, token }: { orgId: string; token: string }) {
  const client = useClient();
  const [store] = useState(() => new OrganizationStore(client, orgId));
  useEffect(() => store.follow(token, () => signOut('refused', token)), [store, token]);
  return (
    <OrganizationContext value={store}>
      <Organization />
    </OrganizationContext>
  );
}

function Organization() {
  const { phase } = useOrganizationState();
  const { data, error, reload } = useOrganizationQuery(OrganizationDocument, {});
  const isOperator = useViewer().kind === 'OPERATOR';
  const organization = data?.organization;
  useTitle(organization?.name);

  if (organization === null || phase === 'missing') return <MissingPage what="organization" />;
  return (
    <Stack gap="md">
      {isOperator && (
        <Anchor component={Link} href="/" size="sm">
          <Group gap={4}>
            <ArrowLeft size={14} aria-hidden />
            All organizations
          </Group>
        </Anchor>
      )}
      {error && <ErrorPanel error={error} onRetry={reload} />}
      {organization === undefined ? (
        !error && <LoadingRows rows={3} label="Loading the organization" />
      ) : (
        <>
          <Group justify="space-between" align="flex-start">
            <div>
              <Title order={1} size="h2">
                {organization.name}
              </Title>
              <CopyId id={organization.id} label="Copy the id of the organization" />
            </div>
            <LineIndicator />
          </Group>
          <AgentPanel organization={organization} />
          <OrganizationTabs />
        </>
      )}
    </Stack>
  );
}

function OrganizationTabs() {
  const { orgId } = useOrganizationStore();
  const [, navigate] = useLocation();
  const [tab, detail] = (useParams()['1'] ?? '').split('/');
  const current = tabs.find(({ value }) => value === tab)?.value ?? 'workspaces';
  return (
    <Tabs
      value={current}
      onChange={(value) => navigate(`/organizations/${orgId}/${value}`)}
      keepMounted={false}
      activateTabWithKeyboard={false}
    >
      <Tabs.List mb="md" className={classes['tabs']}>
        {tabs.map(({ value, label, icon: Icon }) => (
          <Tabs.Tab
            key={value}
            value={value}
            leftSection={<Icon size={16} className={classes['tabIcon']} aria-hidden />}
          >
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="workspaces">
        <WithTree>
          <WorkspacesPanel selectedId={current === 'workspaces' ? detail || undefined : undefined} />
        </WithTree>
      </Tabs.Panel>
      <Tabs.Panel value="plugins">
        <PluginsPanel />
      </Tabs.Panel>
      <Tabs.Panel value="tokens">
        <TokensPanel />
      </Tabs.Panel>
      <Tabs.Panel value="activity">
        <ActivityPanel />
      </Tabs.Panel>
    </Tabs>
  );
}

/** What needs the tree, once it is there. */
function WithTree({ children }: { children: React.ReactNode }) {
  const store = useOrganizationStore();
  const { phase, error, tree, total } = useOrganizationState();
  if (phase === 'failed' && error) return <ErrorPanel error={error} onRetry={() => void store.reload()} />;
  if (phase !== 'ready') {
    const progress = total === undefined ? '' : `: ${tree.nodes.size} of ${total}`;
    return <LoadingRows rows={8} label={`Loading the workspaces${progress}`} />;
  }
  return (
    <>
      {error && <ErrorPanel error={error} onRetry={() => void store.reload()} />}
      {children}
    </>
  );
}
