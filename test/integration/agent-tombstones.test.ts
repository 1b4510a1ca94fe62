import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertPlatformAgent, insertRoot } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readWorkspace } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { openRoots: false });
});

const restore = (id: string) => mutate(api, 'restoreWorkspace', { orgId, id }, '{ status kind parent { id } }');

test('a removed platform agent of another id is restored as the root that it was', async () => {
  const foreign = await insertPlatformAgent(database, orgId, { id: randomUUID(), lifecycle: 'removed' });
  expect(await restore(foreign)).toEqual({ status: 'OFFLINE', kind: 'PLATFORM', parent: null });
  expect(await readWorkspace(database, orgId, foreign)).toMatchObject({ lifecycle: 'offline', kind: 'platform' });
});

test('while the only platform agent is removed, what needs it names that very one', async () => {
  const foreign = await insertPlatformAgent(database, orgId, { id: randomUUID(), lifecycle: 'removed' });
  const former = await insertRoot(database, orgId, { name: 'Former', lifecycle: 'removed' });
  const expected = { code: 'WORKSPACE_REMOVED', workspaceId: foreign };
  expect((await refuse(api, 'createWorkspace', { orgId, name: 'New' })).extensions).toEqual(expected);
  expect((await refuse(api, 'restoreWorkspace', { orgId, id: former })).extensions).toEqual(expected);
  expect((await refuse(api, 'allowPlugin', { orgId, plugin: 'search' }, '{ plugin }')).extensions).toEqual(expected);
});

test('a removed workspace with the id of the agent comes back as the platform agent once roots are closed', async () => {
  const seeded = await insertRoot(database, orgId, { id: platformAgentId(orgId), lifecycle: 'removed' });
  expect(await restore(seeded)).toEqual({ status: 'OFFLINE', kind: 'PLATFORM', parent: null });
  expect(await readWorkspace(database, orgId, seeded)).toMatchObject({ kind: 'platform', tier: 0 });
});

test('of two removed platform agents the one that an install made is shown', async () => {
  orgId = await insertOrganization(database);
  await insertPlatformAgent(database, orgId, { id: randomUUID(), lifecycle: 'removed' });
  const { id } = await install(api, orgId);
  await mutate(api, 'removeWorkspace', { orgId, id });
  const document =
    'query ($orgId: ID!) { platformAgent(orgId: $orgId) { id status } organization(id: $orgId) { platformAgent { id } } }';
  expect(await api.expectData(document, { orgId })).toEqual({
    platformAgent: { id, status: 'REMOVED' },
    organization: { platformAgent: { id } },
  });
});

test('creating a workspace again by its id finds it, though the platform agent is removed by now', async () => {
  orgId = await insertOrganization(database);
  const { id: agentId } = await install(api, orgId);
  const args = { orgId, id: randomUUID(), name: 'Worker' };
  await mutate(api, 'createWorkspace', args);
  await database.query(`update workspaces set lifecycle = 'removed' where org_id = $1 and id = $2`, [orgId, agentId]);
  expect(await mutate(api, 'createWorkspace', args)).toEqual({ id: args.id });
});
