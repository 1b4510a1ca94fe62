import { Modal, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { CreateApiTokenDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationStore } from '../organization/organization-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { useReturnFocus } from '../ui/use-return-focus.ts';
import { NewToken } from './new-token.tsx';

interface CreateTokenDialogProps {
  readonly roots: readonly { readonly id: string; readonly name: string }[];
  onDone(): void;
  onClose(): void;
}

/** Asks for what a token needs, and then shows it, once. */
export function CreateTokenDialog({ roots, onDone, onClose }: CreateTokenDialogProps) {
  useReturnFocus();
  const { orgId } = useOrganizationStore();
  const [name, setName] = useState('');
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [expires, setExpires] = useState('');
  const [expiryIsHalf, setExpiryIsHalf] = useState(false);
  const [token, setToken] = useState<string>();
  const create = useAction(CreateApiTokenDocument);

  // The roots may change while this is open: an install leaves one of them.
  const rootId = (roots.length === 1 ? roots[0] : roots.find(({ id }) => id === chosenId))?.id;
  const expiryIsWrong = expiryIsHalf || (expires !== '' && Number.isNaN(Date.parse(expires)));

  async function run() {
    if (rootId === undefined) return;
    const expiresAt = expires === '' ? null : new Date(expires).toISOString();
    const data = await create.run({ orgId, name, rootId, expiresAt });
    if (!data) return;
    setToken(data.createApiToken.token);
    onDone();
  }

  if (token !== undefined) {
    return (
      <Modal
        opened
        onClose={onClose}
        title={`The token “${name.trim()}”`}
        withCloseButton={false}
        closeOnClickOutside={false}
        closeOnEscape={false}
      >
        <NewToken token={token} onClose={onClose} />
      </Modal>
    );
  }
  return (
    <ConfirmDialog
      title="New API token"
      confirm="Create"
      disabled={name.trim() === '' || rootId === undefined || expiryIsWrong}
      action={create}
      onConfirm={run}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="To recognise it by: the program that will use it, say."
        data-autofocus
        value={name}
        onChange={(event) => {
          create.reset();
          setName(event.currentTarget.value);
        }}
      />
      {roots.length === 0 && (
        <Text size="sm" fw={600}>
          A token hangs on a root, and there is none: install the platform agent, or create a workspace, first.
        </Text>
      )}
      {roots.length > 1 && (
        <Select
          label="Root"
          description="The root it hangs on. It may act in the whole organization all the same."
          data={roots.map((root) => ({ value: root.id, label: root.name }))}
          value={rootId ?? null}
          onChange={setChosenId}
          searchable
          openOnFocus={false}
          limit={50}
        />
      )}
      <TextInput
        label="Expires"
        description="Left empty: never."
        type="datetime-local"
        value={expires}
        max="9999-12-31T23:59"
        error={expiryIsWrong && 'Give both the day and the time, or neither.'}
        onChange={(event) => {
          create.reset();
          setExpires(event.currentTarget.value);
        }}
        // A day without a time has no value, and must not be taken for none.
        onInput={(event) => setExpiryIsHalf(event.currentTarget.validity.badInput)}
        onBlur={(event) => setExpiryIsHalf(event.currentTarget.validity.badInput)}
      />
      <Text size="sm" c="dimmed">
        Its text is shown once, when it is created. Only a hash of it is stored.
      </Text>
    </ConfirmDialog>
  );
}
