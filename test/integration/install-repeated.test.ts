import { beforeEach, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/database/transaction.ts';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertPlatformAgent, insertRoot, insertToken } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readEvents } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let agentId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
});

describe('a second install', () => {
  test('returns the same agent after one read, and changes nothing, whatever name it brings', async () => {
    await insertRoot(database, orgId, { name: 'Alpha' });
    const first = await install(api, orgId);
    const before = await snapshotOrganization(database, orgId);

    expect(await install(api, orgId)).toEqual(first);
    expect(await install(api, orgId, { name: 'Alpha' })).toEqual(first);
    const statements = await recordStatements(() =>
      api.expectData('mutation ($orgId: ID!) { installPlatformAgent(orgId: $orgId) { id name status } }', { orgId }),
    );
    expect(statements).toHaveLength(1);
    expect(statements[0]).toMatch(/^\s*select/i);
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });
});

describe('a removed agent', () => {
  test('is returned as REMOVED and nothing changes, with other roots or in a closed organization', async () => {
    for (const openRoots of [true, false]) {
      const id = await insertOrganization(database, { openRoots });
      await insertPlatformAgent(database, id, { lifecycle: 'removed' });
      if (openRoots) await insertToken(database, id, await insertRoot(database, id, { name: 'Alpha' }));
      const before = await snapshotOrganization(database, id);
      expect(await install(api, id)).toMatchObject({ id: platformAgentId(id), status: 'REMOVED', installation: null });
      expect(await snapshotOrganization(database, id)).toEqual(before);
    }
  });

  test('and one that is installed are left alone by the transaction too, which may find them so after its wait', async () => {
    const removedId = await insertOrganization(database);
    await insertPlatformAgent(database, removedId, { lifecycle: 'removed' });
    await insertRoot(database, removedId);
    await install(api, orgId);
    for (const id of [orgId, removedId]) {
      const before = await snapshotOrganization(database, id);
      const run = inTransaction(api.prisma, (tx) => installPlatformAgent(tx, { orgId: id, actor: 'operator' }));
      expect(await run).toEqual({ agent: platformAgentId(id), changed: false });
      expect(await snapshotOrganization(database, id)).toEqual(before);
    }
  });

  test('comes back by a restore alone, with the organization as closed as it was', async () => {
    await install(api, orgId);
    const remove = 'mutation ($orgId: ID!, $id: ID!) { removeWorkspace(orgId: $orgId, id: $id) { status } }';
    const restore =
      'mutation ($orgId: ID!, $id: ID!) { restoreWorkspace(orgId: $orgId, id: $id) { status kind tier } }';
    await api.expectData(remove, { orgId, id: agentId });
    expect(await install(api, orgId)).toMatchObject({ status: 'REMOVED', installation: { installedBy: 'operator' } });
    const { restoreWorkspace } = await api.expectData(restore, { orgId, id: agentId });
    expect(restoreWorkspace).toEqual({ status: 'OFFLINE', kind: 'PLATFORM', tier: 0 });
    expect(await install(api, orgId)).toMatchObject({ id: agentId, status: 'OFFLINE' });
    expect((await readEvents(database, orgId)).map(({ type }) => type)).toEqual([
      'platform_agent.installed',
      'workspace.removed',
      'workspace.restored',
    ]);
  });
});
