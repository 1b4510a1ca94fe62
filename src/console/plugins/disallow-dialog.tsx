import { Text } from '@mantine/core';
import { DisallowPluginDocument, type PluginPolicy } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationStore } from '../organization/organization-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

interface DisallowDialogProps {
  readonly root: { readonly id: string; readonly name: string; readonly pluginPolicy: PluginPolicy };
  readonly plugin: string;
  onDone(): void;
  onClose(): void;
}

export function DisallowDialog({ root, plugin, onDone, onClose }: DisallowDialogProps) {
  const { orgId } = useOrganizationStore();
  const disallow = useAction(DisallowPluginDocument);

  async function run() {
    const data = await disallow.run({ orgId, rootId: root.id, plugin });
    if (!data) return;
    onDone();
    onClose();
  }

  return (
    <ConfirmDialog
      title={`Take ${plugin} off the list?`}
      confirm="Take off"
      dangerous
      action={disallow}
      onConfirm={run}
      onClose={onClose}
    >
      <Text size="sm">
        {root.pluginPolicy === 'ALLOW_LISTED'
          ? `No workspace below “${root.name}” may use it any longer. Who enabled it, and when, is forgotten here and kept in the activity.`
          : `“${root.name}” admits every plugin, so it may still be used. Who enabled it, and when, is forgotten here and kept in the activity.`}
      </Text>
    </ConfirmDialog>
  );
}
