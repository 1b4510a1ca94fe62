import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { failInstall } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Previewed, preview } from '../support/preview.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let agentId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
});

/** The preview tells this conflict, in the very words with which the install is refused. */
async function expectConflict(
  conflict: { name: string; workspaceId: string; adoptedId?: string; anotherNameHelps: boolean },
  name?: string,
): Promise<Previewed> {
  const previewed = await preview(api, database, orgId, { name });
  const error = await failInstall(api, orgId, name);
  expect(error.extensions).toMatchObject({ code: 'NAME_CONFLICT', workspaceId: conflict.workspaceId });
  expect(previewed).toMatchObject({ agentId, outcome: 'CONFLICT' });
  expect(previewed.conflict).toEqual({
    code: 'NAME_CONFLICT',
    message: error.message,
    name: conflict.name,
    workspace: { id: conflict.workspaceId },
    adoptedWorkspace: conflict.adoptedId === undefined ? null : { id: conflict.adoptedId },
    anotherNameHelps: conflict.anotherNameHelps,
  });
  return previewed;
}

describe("a live root that bears the agent's name", () => {
  let namesakeId: string;
  let otherId: string;
  beforeEach(async () => {
    namesakeId = await insertRoot(database, orgId, { name: 'Acme Agent' });
    otherId = await insertRoot(database, orgId, { name: 'Other', pluginPolicy: 'allow_listed' });
    await allow(database, orgId, namesakeId, 'search', { by: 'ada', at: '2026-01-02T00:00:00Z' });
    await allow(database, orgId, otherId, 'search', { by: 'bob', at: '2026-01-01T00:00:00Z' });
    await insertToken(database, orgId, otherId);
  });

  test('is a conflict that another name helps against', async () => {
    const conflict = { name: 'Acme Agent', workspaceId: namesakeId, anotherNameHelps: true };
    await expectConflict(conflict);
    await expectConflict(conflict, '  Acme Agent ');
    expect(await preview(api, database, orgId, { name: 'Head' })).toMatchObject({
      outcome: 'INSTALLS',
      conflict: null,
    });
    await expectConflict({ name: 'Other', workspaceId: otherId, anotherNameHelps: true }, 'Other');
  });

  test('does not hide what there is to do once it is out of the way', async () => {
    const previewed = await expectConflict({ name: 'Acme Agent', workspaceId: namesakeId, anotherNameHelps: true });
    const { conflict: _, ...rest } = previewed;
    expect(rest).toEqual({
      agentId,
      agentName: 'Acme Agent',
      outcome: 'CONFLICT',
      pluginPolicy: 'ALLOW_LISTED',
      restrictedRoots: [{ id: namesakeId }],
      allowlist: [
        {
          plugin: 'search',
          enabledBy: 'bob',
          enabledAt: '2026-01-01T00:00:00.000Z',
          root: { id: otherId },
          duplicates: [{ enabledBy: 'ada', enabledAt: '2026-01-02T00:00:00.000Z', root: { id: namesakeId } }],
        },
      ],
      adoptedWorkspaces: [namesakeId, otherId].sort().map((id) => ({ id })),
      adoptedWorkspaceCount: 2,
      demotedAgent: null,
      movedTokens: 1,
      mergedPlugins: ['search'],
      duplicatePlugins: ['search'],
      previouslyOpenRoots: [{ id: namesakeId }],
    });
  });

  test('is no conflict when it is the platform agent that is to be demoted, or is removed', async () => {
    await database.query(`update workspaces set lifecycle = 'removed' where org_id = $1 and id = $2`, [
      orgId,
      namesakeId,
    ]);
    expect(await preview(api, database, orgId)).toMatchObject({ outcome: 'INSTALLS', conflict: null });
    const foreignId = await insertPlatformAgent(database, orgId, { id: randomUUID(), name: 'Acme Agent' });
    expect(await preview(api, database, orgId)).toMatchObject({
      outcome: 'INSTALLS',
      conflict: null,
      demotedAgent: { id: foreignId },
    });
  });
});

describe('a row that has the id of the agent already', () => {
  test('keeps its name, so that another does not help', async () => {
    const parentId = await insertRoot(database, orgId, { name: 'Alpha' });
    await insertWorkspace(database, orgId, { id: agentId, name: 'Alpha', parentId });
    const conflict = { name: 'Alpha', workspaceId: parentId, anotherNameHelps: false };
    expect(await expectConflict(conflict)).toMatchObject({ agentName: 'Alpha' });
    await expectConflict(conflict, 'Another');
  });

  test('and a child that bears the name of a root: the preview names both', async () => {
    const rootId = await insertRoot(database, orgId, { name: 'Worker' });
    await insertRoot(database, orgId, { id: agentId, name: 'Head' });
    const childId = await insertWorkspace(database, orgId, { name: 'Worker', parentId: agentId });
    const conflict = { name: 'Worker', workspaceId: childId, adoptedId: rootId, anotherNameHelps: false };
    expect(await expectConflict(conflict)).toMatchObject({ agentName: 'Head', adoptedWorkspaces: [{ id: rootId }] });
    await expectConflict(conflict, 'Another');
  });

  test('and several such children: the preview and the install name the same', async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Head' });
    const pairs: Record<string, [string, string]> = {};
    for (const name of ['Delta', 'Beta', 'Gamma']) {
      const rootId = await insertRoot(database, orgId, { name });
      pairs[name] = [await insertWorkspace(database, orgId, { name, parentId: agentId }), rootId];
    }
    const [workspaceId, adoptedId] = pairs['Beta'] ?? ['', ''];
    await expectConflict({ name: 'Beta', workspaceId, adoptedId, anotherNameHelps: false });
  });

  test('and a namesake among the roots and one below: the root comes first', async () => {
    await insertWorkspace(database, orgId, {
      id: agentId,
      name: 'Head',
      parentId: await insertRoot(database, orgId, { name: 'Worker' }),
    });
    const namesakeId = await insertRoot(database, orgId, { name: 'Head' });
    await insertWorkspace(database, orgId, { name: 'Worker', parentId: agentId });
    await expectConflict({ name: 'Head', workspaceId: namesakeId, anotherNameHelps: false });
  });

  test('conflicts with nothing once it is installed', async () => {
    const id = await insertOrganization(database, { openRoots: false });
    await insertPlatformAgent(database, id, { name: 'Head' });
    await insertWorkspace(database, id, { name: 'Head', parentId: platformAgentId(id) });
    expect(await preview(api, database, id)).toMatchObject({ outcome: 'ALREADY_INSTALLED', conflict: null });
  });
});
