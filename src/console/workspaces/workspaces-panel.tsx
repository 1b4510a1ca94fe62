import { ActionIcon, Button, Group, Select, Stack, Switch, Text, TextInput, Tooltip } from '@mantine/core';
import { ChevronsDownUp, ChevronsUpDown, FolderTree, type LucideIcon, Plus, Search } from 'lucide-react';
import { useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type { WorkspaceStatus } from '../../generated/console.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import { Empty } from '../ui/empty.tsx';
import { CreateWorkspaceDialog } from './create-workspace-dialog.tsx';
import { allClosed, allOpen, initialExpansion, toggled, withOpen } from './expansion.ts';
import { StatusCounts } from './status-counts.tsx';
import { statuses, statusOrder } from './statuses.ts';
import { ancestorsOf } from './tree.ts';
import { isNarrowing, type TreeFilter, visibleRows } from './visible-rows.ts';
import { WorkspaceDetails } from './workspace-details.tsx';
import { WorkspaceTree } from './workspace-tree.tsx';

/** The tree of the organization, what narrows it down, and the workspace that is looked at. */
export function WorkspacesPanel({ selectedId }: { selectedId: string | undefined }) {
  const store = useOrganizationStore();
  const { tree, knowsRemoved } = useOrganizationState();
  const [, navigate] = useLocation();
  const [filter, setFilter] = useState<TreeFilter>({ text: '', status: null, showRemoved: false });
  const [expansion, setExpansion] = useState(() => initialExpansion(tree));
  const [creating, setCreating] = useState(false);
  const shownFilter = useDeferredValue(filter);
  const rows = useMemo(() => visibleRows(tree, expansion, shownFilter), [tree, expansion, shownFilter]);
  const counts = useMemo(() => countStatuses(tree.nodes.values()), [tree]);

  // The way to the workspace that the address names is shown open.
  const way =
    selectedId === undefined
      ? ''
      : ancestorsOf(tree, selectedId)
          .map(({ id }) => id)
          .join(' ');
  useEffect(() => {
    if (way !== '') setExpansion((before) => withOpen(store.getState().tree, before, way.split(' ')));
  }, [store, way]);
  const selectedStatus = selectedId === undefined ? undefined : tree.nodes.get(selectedId)?.status;
  useEffect(() => {
    // One that is not among the live ones may be a tombstone.
    if (selectedId !== undefined && selectedStatus === undefined) store.loadRemoved();
    if (selectedStatus === 'REMOVED') setFilter((before) => ({ ...before, showRemoved: true }));
  }, [store, selectedId, selectedStatus]);

  const base = `/organizations/${store.orgId}`;
  const open = useCallback((id: string) => navigate(`${base}/workspaces/${id}`), [navigate, base]);
  const toggle = useCallback((id: string) => setExpansion((before) => toggled(before, id)), []);
  const show = (changes: Partial<TreeFilter>) => {
    const next = { ...filter, ...changes };
    if (next.showRemoved || next.status === 'REMOVED') store.loadRemoved();
    setFilter(next);
  };

  const dialogs = (
    <>
      {selectedId !== undefined && (
        <WorkspaceDetails id={selectedId} onOpen={open} onClose={() => navigate(`${base}/workspaces`)} />
      )}
      {creating && <CreateWorkspaceDialog parentId={undefined} onClose={() => setCreating(false)} />}
    </>
  );
  if (tree.nodes.size === 0) {
    return (
      <Stack gap="sm">
        <Empty icon={FolderTree} title="No workspaces">
          Create one here, or with createWorkspace. Installing the platform agent makes one too: the root.
        </Empty>
        <Group justify="center">
          <Button onClick={() => setCreating(true)}>New workspace</Button>
          {!knowsRemoved && (
            <Button variant="default" onClick={() => show({ showRemoved: true })}>
              Show removed
            </Button>
          )}
        </Group>
        {dialogs}
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        <TextInput
          label="Find"
          placeholder="Name or id"
          leftSection={<Search size={16} aria-hidden />}
          value={filter.text}
          onChange={(event) => show({ text: event.currentTarget.value })}
          flex="1 1 12rem"
        />
        <Select
          label="Status"
          data={[{ value: '', label: 'Any' }, ...statusOrder.map((value) => ({ value, label: statuses[value].label }))]}
          value={filter.status ?? ''}
          onChange={(value) => show({ status: (value || null) as WorkspaceStatus | null })}
          allowDeselect={false}
          w={150}
        />
        <TreeButton icon={ChevronsUpDown} label="Expand all" onClick={() => setExpansion(allOpen)} />
        <TreeButton icon={ChevronsDownUp} label="Collapse all" onClick={() => setExpansion(allClosed)} />
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
          New workspace
        </Button>
      </Group>
      <Group justify="space-between" gap="sm">
        <StatusCounts counts={counts} labelled />
        <Switch
          label="Show removed"
          checked={filter.showRemoved}
          onChange={(event) => show({ showRemoved: event.currentTarget.checked })}
        />
      </Group>
      {rows.length === 0 ? (
        <Empty icon={Search} title="Nothing matches">
          {isNarrowing(filter) ? 'No workspace has that name and status.' : 'All workspaces are removed.'}
        </Empty>
      ) : (
        <WorkspaceTree tree={tree} rows={rows} selectedId={selectedId} onToggle={toggle} onOpen={open} />
      )}
      <Text size="xs" c="dimmed" visibleFrom="sm">
        Arrow keys move and open branches, letters jump to a name, Enter shows a workspace.
      </Text>
      {dialogs}
    </Stack>
  );
}

function TreeButton({ icon: Icon, label, onClick }: { icon: LucideIcon; label: string; onClick(): void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={36} aria-label={label} onClick={onClick}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function countStatuses(nodes: Iterable<{ status: WorkspaceStatus }>): Partial<Record<WorkspaceStatus, number>> {
  const counts: Partial<Record<WorkspaceStatus, number>> = {};
  for (const { status } of nodes) {
    if (status !== 'REMOVED') counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
