import { expect } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import type { Previewed } from '../support/preview.ts';
import {
  readAllowlist,
  readAnchors,
  readEvents,
  readOrganization,
  readWorkspaces,
  type StoredEntry,
  type StoredEvent,
  type StoredOrganization,
  type StoredWorkspace,
} from '../support/rows.ts';

/** What an install may change of an organization. */
export interface Stored {
  organization: StoredOrganization | undefined;
  workspaces: StoredWorkspace[];
  allowlist: StoredEntry[];
  anchors: Record<string, string>;
  events: StoredEvent[];
}

export async function readStored(database: TestDatabase, orgId: string): Promise<Stored> {
  return inOrder({
    organization: await readOrganization(database, orgId),
    workspaces: await readWorkspaces(database, orgId),
    allowlist: await readAllowlist(database, orgId),
    anchors: await readAnchors(database, orgId),
    events: await readEvents(database, orgId),
  });
}

/** What is to be stored after the install, as the rows before it and the preview say. */
export function storedAfterwards(before: Stored, previewed: Previewed): Stored {
  const { agentId, agentName, adoptedWorkspaces, demotedAgent } = previewed;
  const adopted = new Set(adoptedWorkspaces.map(({ id }) => id));
  const fresh = { id: agentId, runtime: 'claude-code', lifecycle: 'offline', lifecycleMessage: null };
  const agent = {
    ...(before.workspaces.find(({ id }) => id === agentId) ?? fresh),
    name: agentName,
    parentId: null,
    kind: 'platform',
    tier: 0,
    pluginPolicy: previewed.pluginPolicy.toLowerCase(),
  };
  const others = before.workspaces.filter(({ id }) => id !== agentId);
  const placed = others.map((workspace) => ({
    ...workspace,
    ...(adopted.has(workspace.id) && { parentId: agentId }),
    ...(workspace.id === demotedAgent?.id && { kind: 'workspace', tier: 1 }),
  }));
  const movedTokens = Object.entries(before.anchors).filter(([_, rootId]) => adopted.has(rootId));
  expect(movedTokens).toHaveLength(previewed.movedTokens);
  const event = {
    seq: 1,
    type: 'platform_agent.installed',
    actor: 'operator',
    subjectId: agentId,
    data: {
      adoptedWorkspaces: adoptedWorkspaces.map(({ id }) => id),
      demotedAgent: demotedAgent?.id ?? null,
      movedTokens: previewed.movedTokens,
      mergedPlugins: previewed.mergedPlugins,
      duplicatePlugins: previewed.duplicatePlugins,
      previouslyOpenRoots: previewed.previouslyOpenRoots.map(({ id }) => id),
    },
  };
  return inOrder({
    organization: { name: before.organization?.name ?? '', openRoots: false, eventSeq: 1 },
    workspaces: [agent, ...placed],
    allowlist: [
      ...survivingEntries(before, previewed).map((entry) => ({ ...entry, rootId: agentId })),
      ...before.allowlist.filter(({ rootId }) => rootId !== agentId && !adopted.has(rootId)),
    ],
    anchors: { ...before.anchors, ...Object.fromEntries(movedTokens.map(([id]) => [id, agentId])) },
    events: [event],
  });
}

/**
 * The stored entries, to the microsecond, that the preview says survive. Expects that with those it says are dropped they
 * are all there are on the roots in question, each told with its provenance.
 */
export function survivingEntries(before: Stored, { agentId, adoptedWorkspaces, allowlist }: Previewed): StoredEntry[] {
  const roots = new Set([agentId, ...adoptedWorkspaces.map(({ id }) => id)]);
  const stored = before.allowlist.filter(({ rootId }) => roots.has(rootId));
  const told = allowlist.flatMap(({ plugin, duplicates, ...survivor }) =>
    [survivor, ...duplicates].map(({ root, enabledBy, enabledAt }) => [plugin, root.id, enabledBy, enabledAt].join()),
  );
  const milliseconds = (at: string) => `${at.slice(0, -3).replace(' ', 'T')}Z`;
  expect(told.sort()).toEqual(
    stored.map(({ plugin, rootId, by, at }) => [plugin, rootId, by, milliseconds(at)].join()).sort(),
  );
  return allowlist.flatMap(({ plugin, root }) =>
    stored.filter((entry) => entry.plugin === plugin && entry.rootId === root.id),
  );
}

/** In an order of its own, for that of names and plugins depends on the database. */
function inOrder(stored: Stored): Stored {
  const by =
    <Item>(key: (item: Item) => string) =>
    (one: Item, other: Item) =>
      key(one) < key(other) ? -1 : 1;
  return {
    ...stored,
    workspaces: stored.workspaces.toSorted(by(({ id }) => id)),
    allowlist: stored.allowlist.toSorted(by(({ plugin, rootId }) => `${plugin} ${rootId}`)),
  };
}
