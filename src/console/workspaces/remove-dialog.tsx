import { Checkbox, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { RemoveWorkspaceDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { count } from '../ui/words.ts';
import { liveDescendantsOf, type WorkspaceNode } from './tree.ts';

export function RemoveDialog({ node, onClose }: { node: WorkspaceNode; onClose(): void }) {
  const store = useOrganizationStore();
  const { tree } = useOrganizationState();
  const [includeDescendants, setIncludeDescendants] = useState(false);
  const remove = useAction(RemoveWorkspaceDocument);
  const below = useMemo(() => liveDescendantsOf(tree, node.id), [tree, node.id]);

  async function run() {
    const data = await remove.run({ orgId: store.orgId, id: node.id, includeDescendants });
    if (!data) return;
    const gone = includeDescendants ? below.map((child) => ({ ...child, status: 'REMOVED' as const })) : [];
    store.merge([...gone, data.removeWorkspace]);
    onClose();
  }

  return (
    <ConfirmDialog
      title={`Remove “${node.name}”?`}
      confirm="Remove"
      dangerous
      disabled={below.length > 0 && !includeDescendants}
      action={remove}
      onConfirm={run}
      onClose={onClose}
    >
      <Text size="sm">
        It becomes a tombstone: nothing acts on it, heartbeats do not bring it back, and only a restore does.
      </Text>
      {node.parentId === null && (
        <Text size="sm" fw={600}>
          It is a root: all API tokens anchored to it are revoked for good.
        </Text>
      )}
      {node.kind === 'PLATFORM' && (
        <Text size="sm" fw={600}>
          It is the platform agent: until it is restored, the organization has no root.
        </Text>
      )}
      {below.length > 0 && (
        <Checkbox
          label={`Remove the ${count(below.length, 'workspace')} below it as well`}
          description="Each has to be restored by itself. Or move them elsewhere first."
          checked={includeDescendants}
          onChange={(event) => {
            remove.reset();
            setIncludeDescendants(event.currentTarget.checked);
          }}
        />
      )}
    </ConfirmDialog>
  );
}
