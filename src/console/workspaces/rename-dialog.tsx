import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { RenameWorkspaceDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationStore } from '../organization/organization-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import type { WorkspaceNode } from './tree.ts';
import { WorkspaceInTheWay } from './workspace-in-the-way.tsx';

export function RenameDialog({ node, onClose }: { node: WorkspaceNode; onClose(): void }) {
  const store = useOrganizationStore();
  const [name, setName] = useState(node.name);
  const rename = useAction(RenameWorkspaceDocument);

  async function run() {
    const data = await rename.run({ orgId: store.orgId, id: node.id, name });
    if (!data) return;
    store.merge([data.renameWorkspace]);
    onClose();
  }

  return (
    <ConfirmDialog
      title={`Rename “${node.name}”`}
      confirm="Rename"
      disabled={name.trim() === '' || name.trim() === node.name}
      action={rename}
      onConfirm={run}
      onClose={onClose}
    >
      <TextInput
        label="New name"
        description="No live sibling may bear the same."
        data-autofocus
        value={name}
        onChange={(event) => {
          rename.reset();
          setName(event.currentTarget.value);
        }}
      />
      <WorkspaceInTheWay error={rename.error} onLeave={onClose} />
    </ConfirmDialog>
  );
}
