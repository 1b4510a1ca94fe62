import { Anchor, List } from '@mantine/core';
import { Link } from 'wouter';
import { Notice } from '../ui/notice.tsx';
import { enumerate } from '../ui/words.ts';
import type { Preview } from './picture.ts';

interface InstallConsequencesProps {
  readonly orgId: string;
  readonly preview: Preview;
  onLeave(): void;
}

/** What has to be known before the button is pressed: what is lost, or that there is nothing to do. */
export function InstallConsequences({ orgId, preview, onLeave }: InstallConsequencesProps) {
  const { outcome, agentId, agentName, restrictedRoots, allowlist, demotedAgent } = preview;
  if (outcome === 'ALREADY_INSTALLED') {
    return (
      <Notice tone="success" title="The platform agent is installed">
        <p>“{agentName}” is the only root. Installing it again changes nothing.</p>
      </Notice>
    );
  }
  if (outcome === 'REMOVED') {
    return (
      <Notice tone="info" title="The platform agent was removed">
        <p>
          An install does not bring it back. Restore{' '}
          <Anchor component={Link} href={`/organizations/${orgId}/workspaces/${agentId}`} size="sm" onClick={onLeave}>
            {agentName}
          </Anchor>{' '}
          instead.
        </p>
      </Notice>
    );
  }
  if (restrictedRoots.length === 0 && !demotedAgent) return null;
  return (
    <Notice tone="warning" title="Before you go on">
      <List size="sm" spacing={4}>
        {restrictedRoots.length > 0 && (
          <List.Item>
            <strong>{enumerate(restrictedRoots.map(({ name }) => name))}</strong>{' '}
            {restrictedRoots.length === 1 ? 'admits' : 'admit'} every plugin today. Another root admits only listed
            ones, and so will the platform agent:{' '}
            {allowlist.length === 1 ? 'the one plugin on its list' : `the ${allowlist.length} plugins on its list`}, for
            the whole tree.
          </List.Item>
        )}
        {demotedAgent && (
          <List.Item>
            <strong>{demotedAgent.name}</strong> is a platform agent under another id. It becomes an ordinary workspace
            below the new one.
          </List.Item>
        )}
      </List>
    </Notice>
  );
}
