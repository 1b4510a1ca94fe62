import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { v4 as uuidv4 } from 'uuid';
import { useLocation } from 'wouter';
import { CreateOrganizationDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

export function CreateOrganizationDialog({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('');
  // Chosen here, so that trying again after an answer was lost does not make another one.
  const [id] = useState(() => uuidv4());
  const [, navigate] = useLocation();
  const create = useAction(CreateOrganizationDocument);

  async function run() {
    const data = await create.run({ id, name });
    if (data) navigate(`/organizations/${data.createOrganization.id}`);
  }

  return (
    <ConfirmDialog
      title="New organization"
      confirm="Create"
      disabled={name.trim() === ''}
      action={create}
      onConfirm={run}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="At most 120 characters. Names need not be unique."
        data-autofocus
        value={name}
        onChange={(event) => {
          create.reset();
          setName(event.currentTarget.value);
        }}
      />
    </ConfirmDialog>
  );
}
