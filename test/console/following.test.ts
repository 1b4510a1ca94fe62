import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { emptyTree, type Tree, withEvents, withStates, withWorkspaces } from '../../src/console/workspaces/tree.ts';
import { FollowOrganizationDocument, TreePageDocument } from '../../src/generated/console.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertPlatformAgent, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';

const database = await createTestDatabase();
const api = createTestApi(database);

let orgId: string;
let alphaId: string;
let betaId: string;
let childId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { id: randomUUID() });
  alphaId = await insertRoot(database, orgId, { name: 'Alpha' });
  betaId = await insertRoot(database, orgId, { name: 'Beta' });
  childId = await insertWorkspace(database, orgId, { parentId: alphaId, name: 'Child' });
});

/** The tree as the console reads it, tombstones included. */
async function readTree(): Promise<Tree> {
  const read = async (status: ['REMOVED'] | null) => {
    const { organization } = await api.expectData(TreePageDocument, { orgId, after: null, status });
    return organization?.workspaces.edges.map(({ node }) => node) ?? [];
  };
  return withWorkspaces(emptyTree, [...(await read(null)), ...(await read(['REMOVED']))]);
}

/** What a page shows: all but when a row was last written, which is told of the subject of an event alone. */
const shown = (tree: Tree) => ({
  nodes: Object.fromEntries([...tree.nodes].map(([id, node]) => [id, { ...node, updatedAt: undefined }])),
  children: Object.fromEntries(tree.children),
});

/** Does what `work` does while a page follows, and returns what the page then shows. */
async function follow(work: () => Promise<unknown>): Promise<Tree> {
  const subscription = await api.subscribe(FollowOrganizationDocument, { orgId, after: null });
  const first = await subscription.next();
  let id = first?.data?.organizationEvents.id ?? '';
  let tree = await readTree();
  await work();
  const [row] = await database.query<{ seq: string }>(
    'select event_seq::text as seq from organizations where id = $1',
    [orgId],
  );
  const moment = Date.now();
  // Until all events are told, and all states that they brought along: a heartbeat makes sure that another update comes.
  let judgedAt = 0;
  while (id.split('-')[0] !== row?.seq || judgedAt < moment) {
    if (id.split('-')[0] === row?.seq) await mutate(api, 'recordHeartbeat', { orgId, workspaceId: betaId });
    const told = await subscription.next();
    if (!told?.data || told.errors) throw new Error(`No update: ${JSON.stringify(told)}`);
    const update = told.data.organizationEvents;
    id = update.id;
    judgedAt = Date.parse(update.judgedAt);
    tree = withStates(withEvents(tree, update.events), update.states);
  }
  return tree;
}

test('a page that follows the changes of a tree shows what one shows that reads it anew', async () => {
  const followed = await follow(async () => {
    const { id } = await mutate(api, 'createWorkspace', { orgId, name: 'Newcomer', parentId: childId });
    await mutate(api, 'renameWorkspace', { orgId, id: childId, name: 'Grown up' });
    await mutate(api, 'moveWorkspace', { orgId, id: childId, parentId: betaId });
    await mutate(api, 'recordHeartbeat', { orgId, workspaceId: id, message: 'Here' });
    await mutate(api, 'removeWorkspace', { orgId, id: childId, includeDescendants: true });
    await mutate(api, 'restoreWorkspace', { orgId, id: childId });
    await mutate(api, 'installPlatformAgent', { orgId });
  });
  expect(shown(followed)).toEqual(shown(await readTree()));
  expect(followed.children.get(null)).toHaveLength(1);
});

test('a page that follows sees an agent of another id demoted', async () => {
  const importedId = await insertPlatformAgent(database, orgId, { id: randomUUID(), name: 'Imported' });
  const followed = await follow(() => mutate(api, 'installPlatformAgent', { orgId }));
  expect(followed.nodes.get(importedId)).toMatchObject({ kind: 'WORKSPACE', tier: 1 });
  expect(shown(followed)).toEqual(shown(await readTree()));
});

test('a page that follows sees all below a removed workspace removed', async () => {
  const followed = await follow(() => mutate(api, 'removeWorkspace', { orgId, id: alphaId, includeDescendants: true }));
  expect(followed.nodes.get(childId)?.status).toBe('REMOVED');
  expect(shown(followed)).toEqual(shown(await readTree()));
});
