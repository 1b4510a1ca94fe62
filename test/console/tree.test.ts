import { expect, test } from 'vitest';
import {
  allClosed,
  allOpen,
  initialExpansion,
  isOpen,
  toggled,
  withOpen,
} from '../../src/console/workspaces/expansion.ts';
import {
  ancestorsOf,
  emptyTree,
  liveDescendantsOf,
  type WorkspaceNode,
  withWorkspaces,
} from '../../src/console/workspaces/tree.ts';
import { commandOf, typeAhead } from '../../src/console/workspaces/tree-keys.ts';
import { type TreeFilter, visibleRows } from '../../src/console/workspaces/visible-rows.ts';

const everything: TreeFilter = { text: '', status: null, showRemoved: false };

function workspace(id: string, parentId: string | null, changes: Partial<WorkspaceNode> = {}): WorkspaceNode {
  return {
    id,
    parentId,
    name: id,
    kind: 'WORKSPACE',
    runtime: 'claude-code',
    tier: 1,
    status: 'OFFLINE',
    statusMessage: null,
    lastHeartbeatAt: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

/** Two roots; below the first, agents whose names a plain order would mix up. */
const tree = withWorkspaces(emptyTree, [
  workspace('Zeta', null),
  workspace('Alpha', null),
  workspace('Agent 10', 'Alpha'),
  workspace('Agent 9', 'Alpha', { status: 'ONLINE' }),
  workspace('Gone', 'Alpha', { status: 'REMOVED' }),
  workspace('Leaf', 'Agent 9'),
]);
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

test('siblings stand by name, and numbers in names count as numbers', () => {
  expect(ids(visibleRows(tree, allOpen, everything))).toEqual(['Alpha', 'Agent 9', 'Leaf', 'Agent 10', 'Zeta']);
});

test('a branch that is not expanded hides what is below it, and says where each row stands', () => {
  expect(visibleRows(tree, toggled(allClosed, 'Alpha'), everything)).toEqual([
    { id: 'Alpha', level: 1, position: 1, siblings: 2, expanded: true },
    { id: 'Agent 9', level: 2, position: 1, siblings: 2, expanded: false },
    { id: 'Agent 10', level: 2, position: 2, siblings: 2, expanded: undefined },
    { id: 'Zeta', level: 1, position: 2, siblings: 2, expanded: undefined },
  ]);
});

test('tombstones are shown when they are asked for', () => {
  expect(ids(visibleRows(tree, allOpen, { ...everything, showRemoved: true }))).toContain('Gone');
  expect(ids(visibleRows(tree, allClosed, { ...everything, status: 'REMOVED' }))).toEqual(['Alpha', 'Gone']);
});

test('a filter shows what matches with the way to it, whatever is expanded', () => {
  expect(ids(visibleRows(tree, allClosed, { ...everything, text: 'LEAF' }))).toEqual(['Alpha', 'Agent 9', 'Leaf']);
  expect(ids(visibleRows(tree, allClosed, { ...everything, status: 'ONLINE' }))).toEqual(['Alpha', 'Agent 9']);
  expect(ids(visibleRows(tree, allClosed, { ...everything, text: 'leaf', status: 'ONLINE' }))).toEqual([]);
});

test('the ways up and down end where there is no more, and where they turn back on themselves', () => {
  expect(ids(ancestorsOf(tree, 'Leaf'))).toEqual(['Alpha', 'Agent 9']);
  expect(ids(liveDescendantsOf(tree, 'Alpha')).sort()).toEqual(['Agent 10', 'Agent 9', 'Leaf']);
  const circle = withWorkspaces(emptyTree, [workspace('a', 'b'), workspace('b', 'a'), workspace('lost', 'nowhere')]);
  expect(ids(ancestorsOf(circle, 'a'))).toEqual(['b']);
  expect(ids(liveDescendantsOf(circle, 'a'))).toEqual(['b']);
  expect(ids(ancestorsOf(circle, 'lost'))).toEqual([]);
});

test('what is put in again takes the old place, and leaves the other tree as it was', () => {
  const moved = withWorkspaces(tree, [workspace('Leaf', 'Zeta')]);
  expect(moved.children.get('Zeta')).toEqual(['Leaf']);
  expect(moved.children.get('Agent 9')).toBeUndefined();
  expect(tree.children.get('Agent 9')).toEqual(['Leaf']);
});

test('what is closed can be opened one by one, and the other way around', () => {
  expect(isOpen(tree, toggled(allOpen, 'Alpha'), 'Alpha')).toBe(false);
  expect(isOpen(tree, toggled(toggled(allOpen, 'Alpha'), 'Alpha'), 'Alpha')).toBe(true);
  const way = withOpen(tree, toggled(allClosed, 'Alpha'), ['Alpha', 'Agent 9']);
  expect(['Alpha', 'Agent 9', 'Zeta'].map((id) => isOpen(tree, way, id))).toEqual([true, true, false]);
});

test('the only root is open from the start, however large the tree', () => {
  const agents = Array.from({ length: 300 }, (_, number) => workspace(`Agent ${number}`, 'Root'));
  const large = withWorkspaces(emptyTree, [workspace('Root', null), ...agents]);
  expect(isOpen(large, initialExpansion(large), 'Root')).toBe(true);
  expect(isOpen(large, initialExpansion(large), 'Agent 1')).toBe(false);
  expect(isOpen(large, toggled(initialExpansion(large), 'Root'), 'Root')).toBe(false);
});

test('the order of siblings is not made anew for a status', () => {
  const heard = withWorkspaces(tree, [workspace('Leaf', 'Agent 9', { status: 'ONLINE' })]);
  expect(heard.children).toBe(tree.children);
});

const rows = visibleRows(tree, toggled(allClosed, 'Alpha'), everything);

test.each([
  ['ArrowDown', 0, { kind: 'activate', index: 1 }],
  ['ArrowDown', 3, { kind: 'activate', index: 3 }],
  ['ArrowUp', 0, { kind: 'activate', index: 0 }],
  ['PageDown', 0, { kind: 'activate', index: 3 }],
  ['PageUp', 3, { kind: 'activate', index: 0 }],
  ['Home', 3, { kind: 'activate', index: 0 }],
  ['End', 0, { kind: 'activate', index: 3 }],
  ['ArrowRight', 0, { kind: 'activate', index: 1 }],
  ['ArrowRight', 1, { kind: 'toggle', id: 'Agent 9' }],
  ['ArrowRight', 2, undefined],
  ['ArrowLeft', 0, { kind: 'toggle', id: 'Alpha' }],
  ['ArrowLeft', 2, { kind: 'activate', index: 0 }],
  ['Enter', 1, { kind: 'open', id: 'Agent 9' }],
  [' ', 1, { kind: 'open', id: 'Agent 9' }],
  ['F5', 1, undefined],
])('%s on row %i', (key, index, command) => {
  expect(commandOf(key, rows, index)).toEqual(command);
});

test('a tree without rows takes no keys', () => {
  expect(commandOf('ArrowDown', [], 0)).toBeUndefined();
});

test('letters lead to the next name that begins with them, and around the end', () => {
  expect(typeAhead(tree, rows, 0, 'a')).toBe(1);
  expect(typeAhead(tree, rows, 1, 'a')).toBe(2);
  expect(typeAhead(tree, rows, 2, 'a')).toBe(0);
  expect(typeAhead(tree, rows, 1, 'agent 1')).toBe(2);
  expect(typeAhead(tree, rows, 0, 'x')).toBeUndefined();
});
