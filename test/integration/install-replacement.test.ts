import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
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
import { failInstall, install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import {
  readAllowlist,
  readAnchors,
  readEvents,
  readOrganization,
  readWorkspace,
  readWorkspaces,
} from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

describe.each([
  { organization: 'an open organization', openRoots: true },
  { organization: 'a closed organization', openRoots: false },
])('a platform agent of another id in $organization', ({ openRoots }) => {
  let orgId: string;
  let agentId: string;
  let foreignId: string;
  let childId: string;
  let tokenId: string;
  let token: string;
  const importAgent = async (name: string) => {
    orgId = await insertOrganization(database, { name: 'Acme', openRoots });
    agentId = platformAgentId(orgId);
    foreignId = await insertPlatformAgent(database, orgId, {
      id: randomUUID(),
      name,
      runtime: 'old',
      lifecycle: 'failed',
    });
    childId = await insertWorkspace(database, orgId, { name: 'Child', parentId: foreignId });
    ({ id: tokenId, token } = await insertToken(database, orgId, foreignId));
    await allow(database, orgId, foreignId, 'search', { by: 'ada', at: '2026-01-02 03:04:05.678901+00' });
  };

  /** The foreign agent is a workspace below the new one, which alone is the root and a platform agent. */
  async function expectReplaced(agentName: string, foreignName: string): Promise<void> {
    expect(await readWorkspace(database, orgId, foreignId)).toMatchObject({
      parentId: agentId,
      name: foreignName,
      kind: 'workspace',
      tier: 1,
      runtime: 'old',
      lifecycle: 'failed',
    });
    expect(await readWorkspace(database, orgId, agentId)).toMatchObject({
      parentId: null,
      name: agentName,
      kind: 'platform',
      tier: 0,
    });
    expect((await readWorkspaces(database, orgId)).filter(({ parentId }) => parentId === null)).toHaveLength(1);
    expect(await readWorkspace(database, orgId, childId)).toMatchObject({ parentId: foreignId });
    expect(await readAnchors(database, orgId)).toEqual({ [tokenId]: agentId });
    expect(await readAllowlist(database, orgId)).toEqual([
      { rootId: agentId, plugin: 'search', by: 'ada', at: '2026-01-02 03:04:05.678901' },
    ]);
    expect(await readOrganization(database, orgId)).toMatchObject({ openRoots: false, eventSeq: 1 });
    expect(await readEvents(database, orgId)).toMatchObject([
      {
        seq: 1,
        type: 'platform_agent.installed',
        data: { demotedAgent: foreignId, adoptedWorkspaces: expect.arrayContaining([foreignId]) },
      },
    ]);
  }

  test.each(['Old Agent', 'Acme Agent'])('and of the name "%s" is demoted and adopted', async (name) => {
    await importAgent(name);
    expect(await install(api, orgId, { token })).toMatchObject({
      id: agentId,
      name: 'Acme Agent',
      status: 'OFFLINE',
      installation: {
        installedBy: `token:${tokenId}`,
        adoptedWorkspaces: [{ id: foreignId }],
        demotedAgent: { id: foreignId },
        movedTokens: 1,
        mergedPlugins: ['search'],
      },
    });
    await expectReplaced('Acme Agent', name);
  });

  test('keeps its name until it is adopted: so long the new agent is called by its id', async () => {
    await importAgent('Acme Agent');
    await database.query('create table first_names (name text)');
    await database.query(`create function note() returns trigger language plpgsql as
      $$ begin insert into first_names values (new.name); return new; end $$`);
    await database.query('create trigger note after insert on workspaces for each row execute function note()');
    await install(api, orgId);
    expect(await database.query('select name from first_names')).toEqual([{ name: agentId }]);
    await database.query('drop trigger note on workspaces; drop function note; drop table first_names');
    await expectReplaced('Acme Agent', 'Acme Agent');
  });

  test('leaves its name to it when both are called as the client says', async () => {
    await importAgent('Head');
    expect(await install(api, orgId, { name: 'Head' })).toMatchObject({ name: 'Head' });
    await expectReplaced('Head', 'Head');
  });

  test.each([
    { foreignName: 'Shared', name: 'Shared' },
    { foreignName: 'Old Agent', name: 'Seeded' },
    { foreignName: 'Acme Agent', name: 'Seeded' },
  ])("of the name $foreignName is replaced by $name, the row below it that has the agent's id", async (names) => {
    const { foreignName, name } = names;
    await importAgent(foreignName);
    await insertWorkspace(database, orgId, {
      id: agentId,
      name,
      parentId: foreignId,
      runtime: 'own',
      lifecycle: 'provisioning',
    });
    const grandchild = await insertWorkspace(database, orgId, { name: 'Grandchild', parentId: agentId });
    expect(await install(api, orgId, { name: 'Passed' })).toMatchObject({
      name,
      runtime: 'own',
      status: 'PROVISIONING',
    });
    await expectReplaced(name, foreignName);
    expect(await readWorkspace(database, orgId, grandchild)).toMatchObject({ parentId: agentId });
  });

  test("stops the install when a child of the agent's row bears its name, and nothing changes", async () => {
    await importAgent('Old Agent');
    await insertWorkspace(database, orgId, { id: agentId, name: 'Seeded', parentId: foreignId });
    const namesake = await insertWorkspace(database, orgId, { name: 'Old Agent', parentId: agentId });
    const before = await snapshotOrganization(database, orgId);
    const { extensions } = await failInstall(api, orgId);
    expect(extensions).toEqual({ code: 'NAME_CONFLICT', name: 'Old Agent', workspaceId: namesake });
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });

  test('is left in place when the agent of this id is a tombstone', async () => {
    await importAgent('Old Agent');
    await insertPlatformAgent(database, orgId, { lifecycle: 'removed' });
    const before = await snapshotOrganization(database, orgId);
    expect(await install(api, orgId)).toMatchObject({ id: agentId, status: 'REMOVED' });
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });

  test('is replaced once: the second install changes nothing', async () => {
    await importAgent('Acme Agent');
    const first = await install(api, orgId);
    const before = await snapshotOrganization(database, orgId);
    expect(await install(api, orgId)).toEqual(first);
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });
});

test('an ordinary root of the same name is a conflict also beside a platform agent to be demoted', async () => {
  const orgId = await insertOrganization(database, { name: 'Acme' });
  await insertPlatformAgent(database, orgId, { id: randomUUID(), name: 'Old Agent' });
  const namesake = await insertRoot(database, orgId, { name: 'Acme Agent' });
  const before = await snapshotOrganization(database, orgId);
  expect((await failInstall(api, orgId)).extensions).toMatchObject({ code: 'NAME_CONFLICT', workspaceId: namesake });
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
});

test('a demoted agent is adopted together with the ordinary roots, and its policy counts like theirs', async () => {
  const orgId = await insertOrganization(database, { name: 'Acme' });
  const foreignId = await insertPlatformAgent(database, orgId, { id: randomUUID(), pluginPolicy: 'allow_listed' });
  const rootId = await insertRoot(database, orgId, { name: 'Alpha' });
  expect(await install(api, orgId)).toMatchObject({
    pluginPolicy: 'ALLOW_LISTED',
    installation: {
      adoptedWorkspaces: [foreignId, rootId].sort().map((id) => ({ id })),
      demotedAgent: { id: foreignId },
      previouslyOpenRoots: [{ id: rootId }],
    },
  });
});

test('a removed platform agent of another id stays as it is, beside the new one', async () => {
  const orgId = await insertOrganization(database, { name: 'Acme' });
  const removedId = await insertPlatformAgent(database, orgId, { id: randomUUID(), lifecycle: 'removed' });
  const before = await readWorkspace(database, orgId, removedId);
  const agent = await install(api, orgId);
  expect(agent.installation?.demotedAgent).toBeNull();
  expect(await readWorkspace(database, orgId, removedId)).toEqual(before);
  const { platformAgent } = await api.expectData('query ($orgId: ID!) { platformAgent(orgId: $orgId) { id } }', {
    orgId,
  });
  expect(platformAgent).toEqual({ id: agent.id });
});
