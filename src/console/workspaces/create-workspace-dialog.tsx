import { Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { v4 as uuidv4 } from 'uuid';
import { useLocation } from 'wouter';
import { CreateWorkspaceDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

interface CreateWorkspaceDialogProps {
  /** Undefined: under the platform agent, or as a root while there is none. */
  readonly parentId: string | undefined;
  onClose(): void;
}

export function CreateWorkspaceDialog({ parentId, onClose }: CreateWorkspaceDialogProps) {
  const store = useOrganizationStore();
  const { tree } = useOrganizationState();
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  // Chosen here, so that trying again after an answer was lost does not make another one.
  const [id] = useState(() => uuidv4());
  const [runtime, setRuntime] = useState('');
  const create = useAction(CreateWorkspaceDocument);
  const agent = [...tree.nodes.values()].find(({ kind, status }) => kind === 'PLATFORM' && status !== 'REMOVED');
  const parent = parentId === undefined ? agent : tree.nodes.get(parentId);

  async function run() {
    const variables = { orgId: store.orgId, id, name, parentId: parentId ?? null, runtime: runtime.trim() || null };
    const data = await create.run(variables);
    if (!data) return;
    store.merge([data.createWorkspace]);
    onClose();
    navigate(`/organizations/${store.orgId}/workspaces/${data.createWorkspace.id}`);
  }

  return (
    <ConfirmDialog
      title="New workspace"
      confirm="Create"
      disabled={name.trim() === ''}
      action={create}
      onConfirm={run}
      onClose={onClose}
    >
      <Text size="sm">
        {parent === undefined ? 'It becomes a root of the organization.' : `It is put under “${parent.name}”.`}
      </Text>
      <TextInput
        label="Name"
        data-autofocus
        value={name}
        onChange={(event) => {
          create.reset();
          setName(event.currentTarget.value);
        }}
      />
      <TextInput
        label="Runtime"
        placeholder="claude-code"
        value={runtime}
        onChange={(event) => setRuntime(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}
