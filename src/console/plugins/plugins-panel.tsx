import { Stack } from '@mantine/core';
import { Puzzle } from 'lucide-react';
import { PluginsDocument } from '../../generated/console.ts';
import { useOrganizationQuery } from '../organization/use-organization-query.ts';
import { Empty } from '../ui/empty.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { LoadingRows } from '../ui/loading-rows.tsx';
import { WithTokenNames } from '../ui/with-token-names.tsx';
import { RootPlugins } from './root-plugins.tsx';

/** Which plugins the trees of the organization may use: for each root its policy and its allowlist. */
export function PluginsPanel() {
  const { data, error, reload } = useOrganizationQuery(PluginsDocument, {});
  const roots = data?.organization?.roots;
  if (error && roots === undefined) return <ErrorPanel error={error} onRetry={reload} />;
  if (roots === undefined) return <LoadingRows rows={5} label="Loading the plugins" />;
  if (roots.length === 0) {
    return (
      <Empty icon={Puzzle} title="No root to allow plugins on">
        An allowlist hangs on a root. Install the platform agent, or create a workspace, first.
      </Empty>
    );
  }
  return (
    <WithTokenNames>
      <Stack gap="lg">
        {error && <ErrorPanel error={error} onRetry={reload} />}
        {roots.map((root) => (
          <RootPlugins key={root.id} root={root} onChange={reload} />
        ))}
      </Stack>
    </WithTokenNames>
  );
}
