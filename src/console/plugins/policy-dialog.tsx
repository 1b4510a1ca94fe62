import { Text } from '@mantine/core';
import { type PluginPolicy, type PluginsQuery, SetPluginPolicyDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationStore } from '../organization/organization-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

interface PolicyDialogProps {
  readonly root: NonNullable<PluginsQuery['organization']>['roots'][number];
  readonly policy: PluginPolicy;
  onDone(): void;
  onClose(): void;
}

export function PolicyDialog({ root, policy, onDone, onClose }: PolicyDialogProps) {
  const { orgId } = useOrganizationStore();
  const setPolicy = useAction(SetPluginPolicyDocument);
  const opens = policy === 'ALLOW_ALL';
  const listed = root.pluginAllowlist.length;

  async function run() {
    const data = await setPolicy.run({ orgId, rootId: root.id, policy });
    if (!data) return;
    onDone();
    onClose();
  }

  return (
    <ConfirmDialog
      title={opens ? `Let “${root.name}” admit every plugin?` : `Restrict “${root.name}” to its allowlist?`}
      confirm={opens ? 'Admit every plugin' : 'Restrict'}
      dangerous
      action={setPolicy}
      onConfirm={run}
      onClose={onClose}
    >
      <Text size="sm">
        {opens
          ? 'Every workspace below it may then use any plugin. The allowlist is kept, and has no effect meanwhile.'
          : `Every workspace below it may then use ${listed === 0 ? 'no plugin at all: the list is empty' : listed === 1 ? 'the one listed plugin alone' : `the ${listed} listed plugins alone`}.`}
      </Text>
    </ConfirmDialog>
  );
}
