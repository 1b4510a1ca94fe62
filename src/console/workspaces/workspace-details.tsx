import { Anchor, Badge, Breadcrumbs, Button, DataList, Drawer, Group, Stack, Text } from '@mantine/core';
import { ArchiveRestore, CornerRightUp, PencilLine, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { RestoreWorkspaceDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import { CopyId } from '../ui/copy-id.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { ExactTime } from '../ui/time.tsx';
import { useReturnFocus } from '../ui/use-return-focus.ts';
import { CreateWorkspaceDialog } from './create-workspace-dialog.tsx';
import { HeartbeatAge } from './heartbeat-age.tsx';
import { MoveDialog } from './move-dialog.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import { StatusBadge } from './status-badge.tsx';
import { ancestorsOf, type WorkspaceNode } from './tree.ts';

interface WorkspaceDetailsProps {
  readonly id: string;
  onOpen(id: string): void;
  onClose(): void;
}

/** One workspace: what is known of it, and what can be done with it. */
export function WorkspaceDetails({ id, onOpen, onClose }: WorkspaceDetailsProps) {
  useReturnFocus();
  const { tree, knowsRemoved } = useOrganizationState();
  const node = tree.nodes.get(id);
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={node?.name ?? (knowsRemoved ? 'No such workspace' : 'Workspace')}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {node === undefined ? (
        <Text>
          {knowsRemoved ? `There is no workspace ${id} in this organization.` : 'Looking for it among the removed …'}
        </Text>
      ) : (
        <Details node={node} path={ancestorsOf(tree, id)} onOpen={onOpen} />
      )}
    </Drawer>
  );
}

type Dialog = 'rename' | 'move' | 'remove' | 'create';

interface DetailsProps {
  readonly node: WorkspaceNode;
  readonly path: readonly WorkspaceNode[];
  onOpen(id: string): void;
}

function Details({ node, path, onOpen }: DetailsProps) {
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const isAgent = node.kind === 'PLATFORM';
  return (
    <Stack gap="md">
      {path.length > 0 && (
        <nav aria-label="The way to its root">
          <Breadcrumbs separator="›" separatorMargin={6}>
            {path.map(({ id, name }) => (
              <Anchor key={id} component="button" type="button" size="sm" onClick={() => onOpen(id)}>
                {name}
              </Anchor>
            ))}
          </Breadcrumbs>
        </nav>
      )}
      <Group gap="sm">
        <StatusBadge status={node.status} />
        {isAgent && (
          <Badge variant="light" tt="none">
            Platform agent
          </Badge>
        )}
      </Group>
      {node.statusMessage !== null && <Text size="sm">{node.statusMessage}</Text>}
      <DataList orientation="vertical" gap="sm">
        <Item label="Id">
          <CopyId id={node.id} label="Copy the id" />
        </Item>
        <Item label="Last heartbeat">
          <HeartbeatAge at={node.lastHeartbeatAt} />
        </Item>
        <Item label="Runtime">{node.runtime}</Item>
        <Item label="Tier">{node.tier}</Item>
        <Item label="Created">
          <ExactTime at={node.createdAt} />
        </Item>
        <Item label="Last changed">
          <ExactTime at={node.updatedAt} />
        </Item>
      </DataList>
      {node.status === 'REMOVED' ? (
        <Restore node={node} />
      ) : (
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<PencilLine size={16} aria-hidden />}
            onClick={() => setDialog('rename')}
          >
            Rename
          </Button>
          {!isAgent && (
            <Button
              variant="default"
              leftSection={<CornerRightUp size={16} aria-hidden />}
              onClick={() => setDialog('move')}
            >
              Move
            </Button>
          )}
          <Button variant="default" leftSection={<Plus size={16} aria-hidden />} onClick={() => setDialog('create')}>
            Add below
          </Button>
          <Button
            variant="default"
            c="var(--mantine-color-error)"
            leftSection={<Trash2 size={16} aria-hidden />}
            onClick={() => setDialog('remove')}
          >
            Remove
          </Button>
        </Group>
      )}
      {isAgent && (
        <Text size="xs" c="dimmed">
          The platform agent is the root of the organization and stays it: it cannot be moved.
        </Text>
      )}
      {dialog === 'rename' && <RenameDialog node={node} onClose={close} />}
      {dialog === 'move' && <MoveDialog node={node} onClose={close} />}
      {dialog === 'remove' && <RemoveDialog node={node} onClose={close} />}
      {dialog === 'create' && <CreateWorkspaceDialog parentId={node.id} onClose={close} />}
    </Stack>
  );
}

function Item({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue>{children}</DataList.ItemValue>
    </DataList.Item>
  );
}

function Restore({ node }: { node: WorkspaceNode }) {
  const store = useOrganizationStore();
  const restore = useAction(RestoreWorkspaceDocument);
  const run = async () => {
    const data = await restore.run({ orgId: store.orgId, id: node.id });
    if (data) store.merge([data.restoreWorkspace]);
  };
  return (
    <Stack gap="sm" align="flex-start">
      <Text size="sm" c="dimmed">
        Nothing acts on a removed workspace. Restored, it is offline until it is heard; tokens that its removal revoked
        stay revoked.
      </Text>
      {restore.error && <ErrorPanel error={restore.error} onRetry={run} />}
      <Button leftSection={<ArchiveRestore size={16} aria-hidden />} loading={restore.busy} onClick={run}>
        Restore
      </Button>
    </Stack>
  );
}
