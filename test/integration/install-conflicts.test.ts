import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { failInstall, install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readParents } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let agentId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
});

/** The install fails with NAME_CONFLICT, names the workspace that is in its way, and changes nothing. */
async function expectConflict(workspaceId: string, name: string, passedName?: string): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  const error = await failInstall(api, orgId, passedName);
  expect(error.extensions).toEqual({ code: 'NAME_CONFLICT', name, workspaceId });
  expect(error.message).toContain(workspaceId);
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

const rename = (id: string, name: string) =>
  api.expectData(
    'mutation ($orgId: ID!, $id: ID!, $name: String!) { renameWorkspace(orgId: $orgId, id: $id, name: $name) { name } }',
    { orgId, id, name },
  );

describe("a live root that bears the agent's name", () => {
  let namesakeId: string;
  beforeEach(async () => {
    namesakeId = await insertRoot(database, orgId, { name: 'Acme Agent' });
    const otherId = await insertRoot(database, orgId, { name: 'Other' });
    for (const id of [namesakeId, otherId]) {
      await allow(database, orgId, id, 'search');
      await insertToken(database, orgId, id);
    }
  });

  test('stops the install, which changes nothing and renames nothing', async () => {
    await expectConflict(namesakeId, 'Acme Agent');
  });

  test('stops it as well when the name is passed, however it is written', async () => {
    await expectConflict(namesakeId, 'Acme Agent', '  Acme Agent ');
  });

  test('lets it pass once another name is passed', async () => {
    expect(await install(api, orgId, { name: 'Head' })).toMatchObject({ name: 'Head' });
    expect(await readParents(database, orgId)).toEqual({ Head: null, 'Acme Agent': agentId, Other: agentId });
  });

  test('lets it pass once the name is free', async () => {
    await rename(namesakeId, 'Old Agent');
    expect(await install(api, orgId)).toMatchObject({ name: 'Acme Agent' });
    expect(await readParents(database, orgId)).toEqual({ 'Acme Agent': null, 'Old Agent': agentId, Other: agentId });
  });
});

test("a name is the agent's in any composition of its characters", async () => {
  const namesakeId = await insertRoot(database, orgId, { name: 'Caf\u00e9' });
  await expectConflict(namesakeId, 'Caf\u00e9', 'Cafe\u0301');
});

test('a removed root, a branch, and a root in another case may bear the name of the agent', async () => {
  await insertRoot(database, orgId, { name: 'Acme Agent', lifecycle: 'removed' });
  const rootId = await insertRoot(database, orgId, { name: 'ACME AGENT' });
  const branchId = await insertWorkspace(database, orgId, { name: 'Acme Agent', parentId: rootId });
  await install(api, orgId);
  const bearers = await database.query(
    `select id, parent_id from workspaces where org_id = $1 and name = 'Acme Agent' and lifecycle <> 'removed' order by parent_id nulls first`,
    [orgId],
  );
  expect(bearers).toEqual([
    { id: agentId, parent_id: null },
    { id: branchId, parent_id: rootId },
  ]);
});

describe('a row that has the id of the agent already', () => {
  test('conflicts by the name it has, not by the one that is passed', async () => {
    await insertWorkspace(database, orgId, {
      id: agentId,
      name: 'Alpha',
      parentId: await insertRoot(database, orgId, { name: 'Beta' }),
    });
    const namesakeId = await insertRoot(database, orgId, { name: 'Alpha' });
    await expectConflict(namesakeId, 'Alpha');
    await expectConflict(namesakeId, 'Alpha', 'Gamma');
  });

  test('conflicts with the root that it is below', async () => {
    const rootId = await insertRoot(database, orgId, { name: 'Alpha' });
    await insertWorkspace(database, orgId, { id: agentId, name: 'Alpha', parentId: rootId });
    await expectConflict(rootId, 'Alpha');
  });

  test.each(['a root', 'a child of the root that is to be adopted'])(
    'and is %s, conflicts when a child of it bears the name of a root to be adopted',
    async (place) => {
      const rootId = await insertRoot(database, orgId, { name: 'Worker' });
      await insertRoot(database, orgId, { id: agentId, name: 'Head' });
      if (place !== 'a root') {
        await database.query('update workspaces set parent_id = $2 where org_id = $1 and id = $3', [
          orgId,
          rootId,
          agentId,
        ]);
      }
      const childId = await insertWorkspace(database, orgId, { name: 'Worker', parentId: agentId });
      await allow(database, orgId, rootId, 'search');
      await insertToken(database, orgId, rootId);
      await expectConflict(childId, 'Worker');

      await rename(childId, 'First worker');
      await install(api, orgId);
      expect(await readParents(database, orgId)).toEqual({ Head: null, 'First worker': agentId, Worker: agentId });
    },
  );

  test('does not conflict by a removed child, nor by what is further below', async () => {
    await insertRoot(database, orgId, { name: 'Worker' });
    await insertRoot(database, orgId, { id: agentId, name: 'Head' });
    await insertWorkspace(database, orgId, { name: 'Worker', parentId: agentId, lifecycle: 'removed' });
    const teamId = await insertWorkspace(database, orgId, { name: 'Team', parentId: agentId });
    await insertWorkspace(database, orgId, { name: 'Worker', parentId: teamId });
    expect(await install(api, orgId)).toMatchObject({ name: 'Head', installation: { adoptedWorkspaceCount: 1 } });
  });
});
