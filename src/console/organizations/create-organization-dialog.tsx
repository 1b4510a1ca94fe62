import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { CreateOrganizationDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

export function CreateOrganizationDialog({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('');
  const [, navigate] = useLocation();
  const create = useAction(CreateOrganizationDocument);

  async function run() {
    const data = await create.run({ name });
    if (data) navigate(`/organizations/${data.createOrganization.id}`);
  }

  return (
    <ConfirmDialog
      title="New organization"
      confirm="Create"
      disabled={name.trim() === ''}
      busy={create.busy}
      error={create.error}
      onConfirm={run}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="At most 120 characters. Names need not be unique."
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}
