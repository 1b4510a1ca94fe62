import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertPlatformAgent, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readEvents, readParents, readWorkspace } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

async function expectRefusal(mutation: string, args: Record<string, unknown>, extensions: object): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  const error = await refuse(api, mutation, { orgId, ...args });
  expect(error.extensions).toEqual(extensions);
  expect(error.message).toMatch(/\.$/);
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

/** The mutation succeeds and changes nothing. */
async function expectNoChange(mutation: string, args: Record<string, unknown>, id: string): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  expect(await mutate(api, mutation, { orgId, ...args })).toEqual({ id });
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

describe('createWorkspace', () => {
  test('makes a root while there is no platform agent, with its heartbeat row and its event', async () => {
    const created = await mutate(
      api,
      'createWorkspace',
      { orgId, name: ' Beta ' },
      '{ id name kind status tier runtime parent { id } }',
    );
    const { id } = created;
    expect(created).toEqual({
      id,
      name: 'Beta',
      kind: 'WORKSPACE',
      status: 'OFFLINE',
      tier: 1,
      runtime: 'claude-code',
      parent: null,
    });
    expect(await readWorkspace(database, orgId, id)).toMatchObject({
      parentId: null,
      name: 'Beta',
      lifecycle: 'offline',
    });
    expect(await database.query('select from workspace_heartbeats where workspace_id = $1', [id])).toHaveLength(1);
    expect(await readEvents(database, orgId)).toEqual([
      { seq: 1, type: 'workspace.created', actor: 'operator', subjectId: id, data: { name: 'Beta', parentId: null } },
    ]);
  });

  test('puts it under the platform agent once there is one, and under a parent that is named', async () => {
    const agent = await install(api, orgId);
    await mutate(api, 'createWorkspace', { orgId, name: 'Beta' });
    await mutate(api, 'createWorkspace', { orgId, name: 'Gamma', parentId: rootId, runtime: 'other' });
    expect(await readParents(database, orgId)).toEqual({
      [agent.name]: null,
      Alpha: agent.id,
      Beta: agent.id,
      Gamma: rootId,
    });
  });

  test('puts it under a platform agent of another id as well', async () => {
    const foreignId = await insertPlatformAgent(database, orgId, { id: randomUUID() });
    const { parent } = await mutate(api, 'createWorkspace', { orgId, name: 'Beta' }, '{ parent { id } }');
    expect(parent).toEqual({ id: foreignId });
  });

  test('with the same id, name, parent and runtime again is the same workspace, before an install and after', async () => {
    const args = { name: 'Beta', id: randomUUID(), runtime: 'other' };
    await mutate(api, 'createWorkspace', { orgId, ...args });
    await expectNoChange('createWorkspace', args, args.id);
    await expectNoChange('createWorkspace', { ...args, id: args.id.toUpperCase() }, args.id);
    await install(api, orgId);
    await expectNoChange('createWorkspace', args, args.id);
  });

  test('with the same id for something else is refused', async () => {
    const id = randomUUID();
    await mutate(api, 'createWorkspace', { orgId, name: 'Beta', id });
    const extensions = { code: 'ALREADY_EXISTS', id, name: 'Beta', parentId: null };
    await expectRefusal('createWorkspace', { name: 'Gamma', id }, extensions);
    await expectRefusal('createWorkspace', { name: 'Beta', id, parentId: rootId }, extensions);
    await expectRefusal('createWorkspace', { name: 'Beta', id, runtime: 'other' }, extensions);
    await mutate(api, 'removeWorkspace', { orgId, id });
    await expectRefusal('createWorkspace', { name: 'Beta', id }, { code: 'WORKSPACE_REMOVED', workspaceId: id });
  });

  test('refuses a name that a live sibling bears, and names that sibling', async () => {
    const child = await insertWorkspace(database, orgId, { parentId: rootId, name: 'Worker' });
    await expectRefusal(
      'createWorkspace',
      { name: 'Alpha' },
      { code: 'NAME_CONFLICT', name: 'Alpha', workspaceId: rootId },
    );
    await expectRefusal(
      'createWorkspace',
      { name: 'Worker', parentId: rootId },
      { code: 'NAME_CONFLICT', name: 'Worker', workspaceId: child },
    );
    await mutate(api, 'removeWorkspace', { orgId, id: child });
    await mutate(api, 'createWorkspace', { orgId, name: 'Worker', parentId: rootId });
  });

  test('refuses a parent that is unknown, in another organization, or removed', async () => {
    for (const parentId of [randomUUID(), neighbour.rootIds[0]]) {
      await expectRefusal(
        'createWorkspace',
        { name: 'New', parentId },
        { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: parentId },
      );
    }
    const parentId = await insertRoot(database, orgId, { lifecycle: 'removed' });
    await expectRefusal(
      'createWorkspace',
      { name: 'New', parentId },
      { code: 'WORKSPACE_REMOVED', workspaceId: parentId },
    );
  });

  test('has nowhere to put it while the agent of an installed organization is removed', async () => {
    await install(api, orgId);
    const agentId = platformAgentId(orgId);
    await mutate(api, 'removeWorkspace', { orgId, id: agentId, includeDescendants: true });
    await expectRefusal('createWorkspace', { name: 'New' }, { code: 'WORKSPACE_REMOVED', workspaceId: agentId });
  });

  test.each([
    ['an empty name', 'name', { name: '' }],
    ['a name of blanks', 'name', { name: ' \t ' }],
    ['a name with a NUL', 'name', { name: 'a\u0000b' }],
    ['a name with a hidden character', 'name', { name: 'hidden\u202e' }],
    ['a name that is too long', 'name', { name: 'x'.repeat(201) }],
    ['an empty runtime', 'runtime', { name: 'New', runtime: '' }],
    ['an id that is no UUID', 'id', { name: 'New', id: 'new' }],
    ['a parent that is no UUID', 'parentId', { name: 'New', parentId: '' }],
  ])('refuses %s', async (_, argument, args) => {
    await expectRefusal('createWorkspace', args, {
      code: 'BAD_USER_INPUT',
      problems: [{ argument, problem: expect.any(String) }],
    });
  });

  test('counts the characters of a name as a reader does', async () => {
    const name = '\u{1f331}'.repeat(200);
    expect(await mutate(api, 'createWorkspace', { orgId, name }, '{ name }')).toEqual({ name });
  });
});

describe('renameWorkspace', () => {
  test('gives another name, and tells both', async () => {
    expect(await mutate(api, 'renameWorkspace', { orgId, id: rootId, name: 'Omega' }, '{ id name }')).toEqual({
      id: rootId,
      name: 'Omega',
    });
    expect(await readParents(database, orgId)).toEqual({ Omega: null });
    expect(await readEvents(database, orgId)).toMatchObject([
      { type: 'workspace.renamed', subjectId: rootId, data: { from: 'Alpha', to: 'Omega' } },
    ]);
  });

  test('changes nothing when the name is the one it has', async () => {
    await expectNoChange('renameWorkspace', { id: rootId, name: ' Alpha ' }, rootId);
  });

  test('renames the platform agent too, which keeps its name in the next install', async () => {
    const { id } = await install(api, orgId);
    await mutate(api, 'renameWorkspace', { orgId, id, name: 'Head' });
    expect(await install(api, orgId)).toMatchObject({ id, name: 'Head' });
  });

  test('refuses a name that a live sibling bears, and takes that of a removed one', async () => {
    const other = await insertRoot(database, orgId, { name: 'Beta' });
    await insertRoot(database, orgId, { name: 'Gamma', lifecycle: 'removed' });
    await expectRefusal(
      'renameWorkspace',
      { id: other, name: 'Alpha' },
      { code: 'NAME_CONFLICT', name: 'Alpha', workspaceId: rootId },
    );
    await mutate(api, 'renameWorkspace', { orgId, id: other, name: 'Gamma' });
  });

  test('refuses what is removed or unknown', async () => {
    const id = await insertRoot(database, orgId, { name: 'Gone', lifecycle: 'removed' });
    await expectRefusal('renameWorkspace', { id, name: 'New' }, { code: 'WORKSPACE_REMOVED', workspaceId: id });
    const unknown = randomUUID();
    await expectRefusal(
      'renameWorkspace',
      { id: unknown, name: 'New' },
      { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: unknown },
    );
  });
});
