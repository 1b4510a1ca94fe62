import { Text } from '@mantine/core';
import { RevokeApiTokenDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationStore } from '../organization/organization-context.ts';
import { useViewer } from '../session/viewer-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

interface RevokeDialogProps {
  readonly token: { readonly id: string; readonly name: string };
  onDone(): void;
  onClose(): void;
}

export function RevokeDialog({ token, onDone, onClose }: RevokeDialogProps) {
  const { orgId } = useOrganizationStore();
  const own = useViewer().apiToken?.id === token.id;
  const revoke = useAction(RevokeApiTokenDocument);

  async function run() {
    const data = await revoke.run({ orgId, id: token.id });
    if (!data) return;
    onDone();
    onClose();
  }

  return (
    <ConfirmDialog
      title={`Revoke “${token.name}”?`}
      confirm="Revoke"
      dangerous
      action={revoke}
      onConfirm={run}
      onClose={onClose}
    >
      <Text size="sm">Whoever uses it is refused from now on. This cannot be undone.</Text>
      {own && (
        <Text size="sm" fw={600}>
          You are signed in with it: you will be signed out.
        </Text>
      )}
    </ConfirmDialog>
  );
}
