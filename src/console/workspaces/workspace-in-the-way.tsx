import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { ApiError } from '../api/api-error.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';

/** A link to the workspace that an error names, if it names one. */
export function WorkspaceInTheWay({ error, onLeave }: { error: ApiError | undefined; onLeave(): void }) {
  const { orgId } = useOrganizationStore();
  const { tree } = useOrganizationState();
  const id = error?.code === 'NAME_CONFLICT' ? error.details['workspaceId'] : undefined;
  if (typeof id !== 'string') return null;
  return (
    <Text size="sm">
      In the way:{' '}
      <Anchor component={Link} href={`/organizations/${orgId}/workspaces/${id}`} onClick={onLeave}>
        {tree.nodes.get(id)?.name ?? id}
      </Anchor>
    </Text>
  );
}
