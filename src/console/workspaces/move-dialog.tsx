import { Select, Text } from '@mantine/core';
import { useState } from 'react';
import { MoveWorkspaceDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ancestorsOf, compareNames, liveDescendantsOf, type Tree, type WorkspaceNode } from './tree.ts';
import { WorkspaceInTheWay } from './workspace-in-the-way.tsx';

/** How many workspaces the list offers at once. Typing finds the others. */
const offered = 50;

export function MoveDialog({ node, onClose }: { node: WorkspaceNode; onClose(): void }) {
  const store = useOrganizationStore();
  const { tree } = useOrganizationState();
  const [parentId, setParentId] = useState<string | null>(null);
  const move = useAction(MoveWorkspaceDocument);
  // Those of when it was opened: the server knows of what has changed since.
  const [parents] = useState(() => possibleParents(tree, node));

  async function run() {
    if (parentId === null) return;
    const data = await move.run({ orgId: store.orgId, id: node.id, parentId });
    if (!data) return;
    store.merge([data.moveWorkspace]);
    onClose();
  }

  return (
    <ConfirmDialog
      title={`Move “${node.name}”`}
      confirm="Move"
      disabled={parentId === null}
      action={move}
      onConfirm={run}
      onClose={onClose}
    >
      <Text size="sm">Everything below it moves along.</Text>
      {node.parentId === null && (
        <Text size="sm">
          It is a root: its API tokens, its allowlist and, if it admits only listed plugins, its policy go to the root
          above its new place.
        </Text>
      )}
      <Select
        label="New parent"
        placeholder="Type to find it"
        description="Any live workspace but itself and those below it."
        data={parents}
        value={parentId}
        onChange={(value) => {
          move.reset();
          setParentId(value);
        }}
        searchable
        openOnFocus={false}
        limit={offered}
        nothingFoundMessage="No workspace has that name"
        data-autofocus
      />
      <WorkspaceInTheWay error={move.error} onLeave={onClose} />
    </ConfirmDialog>
  );
}

function possibleParents(tree: Tree, node: WorkspaceNode): { value: string; label: string }[] {
  const excluded = new Set([node.id, node.parentId, ...liveDescendantsOf(tree, node.id).map(({ id }) => id)]);
  return [...tree.nodes.values()]
    .filter(({ id, status }) => !excluded.has(id) && status !== 'REMOVED')
    .map(({ id, name }) => ({
      value: id,
      label: [...ancestorsOf(tree, id).map((ancestor) => ancestor.name), name].join(' › '),
    }))
    .sort((a, b) => compareNames(a.label, b.label));
}
