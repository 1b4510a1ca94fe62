import {
  ActionIcon,
  Button,
  Group,
  Paper,
  SegmentedControl,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  VisuallyHidden,
} from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { AllowPluginDocument, type PluginPolicy, type PluginsQuery } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationStore } from '../organization/organization-context.ts';
import { Actor } from '../ui/actor.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { WideTable } from '../ui/wide-table.tsx';
import { DisallowDialog } from './disallow-dialog.tsx';
import { PolicyDialog } from './policy-dialog.tsx';

type Root = NonNullable<PluginsQuery['organization']>['roots'][number];

/** The policy and the allowlist of one root. */
export function RootPlugins({ root, onChange }: { root: Root; onChange(): void }) {
  const { orgId } = useOrganizationStore();
  const [plugin, setPlugin] = useState('');
  const [disallowing, setDisallowing] = useState<string>();
  const [policy, setPolicy] = useState<PluginPolicy>();
  const allow = useAction(AllowPluginDocument);

  async function add(event?: FormEvent) {
    event?.preventDefault();
    if (plugin.trim() === '') return;
    const data = await allow.run({ orgId, rootId: root.id, plugin });
    if (!data) return;
    setPlugin('');
    onChange();
  }

  return (
    <Paper withBorder p="md" component="section" aria-label={`Plugins of ${root.name}`}>
      <Stack gap="md">
        <Group justify="space-between">
          <div>
            <Title order={2} size="h4">
              {root.name}
            </Title>
            <Text size="sm" c="dimmed">
              {root.pluginPolicy === 'ALLOW_ALL'
                ? 'Every plugin is admitted. The allowlist has no effect until the policy changes.'
                : 'Only the plugins on this list are admitted, in the whole tree below.'}
            </Text>
          </div>
          <SegmentedControl
            aria-label={`Plugin policy of ${root.name}`}
            data={[
              { value: 'ALLOW_ALL', label: 'Every plugin' },
              { value: 'ALLOW_LISTED', label: 'Listed only' },
            ]}
            value={root.pluginPolicy}
            onChange={(value) => setPolicy(value as PluginPolicy)}
          />
        </Group>
        {root.pluginAllowlist.length === 0 ? (
          <Text size="sm" c="dimmed">
            The allowlist is empty{root.pluginPolicy === 'ALLOW_LISTED' && ': no plugin is admitted'}.
          </Text>
        ) : (
          <WideTable minWidth={420} label={`Allowlist of ${root.name}`}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Plugin</Table.Th>
                <Table.Th>Enabled by</Table.Th>
                <Table.Th>When</Table.Th>
                <Table.Th>
                  <VisuallyHidden>Actions</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {root.pluginAllowlist.map((entry) => (
                <Table.Tr key={entry.plugin}>
                  <Table.Td fw={500}>{entry.plugin}</Table.Td>
                  <Table.Td>
                    <Actor actor={entry.enabledBy} />
                  </Table.Td>
                  <Table.Td>
                    <RelativeTime at={entry.enabledAt} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={`Take ${entry.plugin} off the list`}
                      onClick={() => setDisallowing(entry.plugin)}
                    >
                      <X size={16} aria-hidden />
                    </ActionIcon>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </WideTable>
        )}
        <form onSubmit={add} noValidate>
          <Group gap="sm" align="flex-end">
            <TextInput
              label="Allow a plugin"
              placeholder="As its registry names it"
              value={plugin}
              onChange={(event) => {
                allow.reset();
                setPlugin(event.currentTarget.value);
              }}
              flex="1 1 12rem"
              maw={320}
            />
            <Button
              type="submit"
              variant="default"
              leftSection={<Plus size={16} aria-hidden />}
              loading={allow.busy}
              disabled={plugin.trim() === ''}
            >
              Allow
            </Button>
          </Group>
        </form>
        {allow.error && <ErrorPanel error={allow.error} onRetry={() => void add()} />}
      </Stack>
      {disallowing !== undefined && (
        <DisallowDialog root={root} plugin={disallowing} onDone={onChange} onClose={() => setDisallowing(undefined)} />
      )}
      {policy !== undefined && (
        <PolicyDialog root={root} policy={policy} onDone={onChange} onClose={() => setPolicy(undefined)} />
      )}
    </Paper>
  );
}
