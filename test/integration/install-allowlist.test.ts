import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readAllowlist, readWorkspace } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let agentId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
});

describe('the entries of old roots', () => {
  let alpha: string;
  let beta: string;
  let gamma: string;
  beforeEach(async () => {
    alpha = await insertRoot(database, orgId, { name: 'Alpha' });
    beta = await insertRoot(database, orgId, { name: 'Beta' });
    gamma = await insertRoot(database, orgId, { name: 'Gamma' });
  });

  test('move to the agent with their provenance, to the microsecond, and none is left behind', async () => {
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2026-01-02 03:04:05.678901+00' });
    await allow(database, orgId, beta, 'browser', { by: 'bob', at: '2025-12-31 23:59:59.999999+00' });
    const { installation } = await install(api, orgId);
    expect(installation).toMatchObject({ mergedPlugins: ['browser', 'search'], duplicatePlugins: [] });
    expect(await readAllowlist(database, orgId)).toEqual([
      { rootId: agentId, plugin: 'browser', by: 'bob', at: '2025-12-31 23:59:59.999999' },
      { rootId: agentId, plugin: 'search', by: 'ada', at: '2026-01-02 03:04:05.678901' },
    ]);
  });

  test('for one plugin become one: the earliest, though by a microsecond, whoever wrote it', async () => {
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2026-01-02 03:04:05.000002+00' });
    await allow(database, orgId, beta, 'search', { by: 'zoe', at: '2026-01-02 03:04:05.000001+00' });
    await allow(database, orgId, gamma, 'search', { by: 'bob', at: '2026-01-02 03:04:05.000003+00' });
    const { installation } = await install(api, orgId);
    expect(installation).toMatchObject({ mergedPlugins: ['search'], duplicatePlugins: ['search'] });
    expect(await readAllowlist(database, orgId)).toEqual([
      { rootId: agentId, plugin: 'search', by: 'zoe', at: '2026-01-02 03:04:05.000001' },
    ]);
  });

  test('of one plugin and one time become one: that of the author who sorts first', async () => {
    const at = '2026-01-02 03:04:05+00';
    await allow(database, orgId, alpha, 'search', { by: 'cleo', at });
    await allow(database, orgId, beta, 'search', { by: 'ada', at });
    await allow(database, orgId, gamma, 'search', { by: 'bob', at });
    await install(api, orgId);
    expect(await readAllowlist(database, orgId)).toMatchObject([{ rootId: agentId, plugin: 'search', by: 'ada' }]);
  });

  test('are told apart by the case of their names', async () => {
    await allow(database, orgId, alpha, 'Search');
    await allow(database, orgId, beta, 'search');
    const { installation } = await install(api, orgId);
    expect(installation?.duplicatePlugins).toEqual([]);
    expect(await readAllowlist(database, orgId)).toHaveLength(2);
  });

  test('yield to an entry that the agent has, though that is later', async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Head' });
    await allow(database, orgId, agentId, 'search', { by: 'own', at: '2026-03-03 00:00:00.000007+00' });
    await allow(database, orgId, agentId, 'own', { by: 'own', at: '2026-03-03 00:00:00.000008+00' });
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2020-01-01 00:00:00+00' });
    await allow(database, orgId, beta, 'search', { by: 'bob', at: '2020-01-02 00:00:00+00' });
    await allow(database, orgId, beta, 'browser', { by: 'bob', at: '2020-01-03 00:00:00+00' });
    const { installation } = await install(api, orgId);
    expect(installation).toMatchObject({ mergedPlugins: ['browser'], duplicatePlugins: ['search'] });
    expect(await readAllowlist(database, orgId)).toEqual([
      { rootId: agentId, plugin: 'browser', by: 'bob', at: '2020-01-03 00:00:00.000000' },
      { rootId: agentId, plugin: 'own', by: 'own', at: '2026-03-03 00:00:00.000008' },
      { rootId: agentId, plugin: 'search', by: 'own', at: '2026-03-03 00:00:00.000007' },
    ]);
  });

  test('are shown by the answer of the install itself', async () => {
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2026-01-02 03:04:05Z' });
    const { installPlatformAgent } = await api.expectData(
      `mutation ($orgId: ID!) {
        installPlatformAgent(orgId: $orgId) { pluginAllowlist { plugin enabledBy enabledAt root { id } } children(first: 1) { totalCount } }
      }`,
      { orgId },
    );
    expect(installPlatformAgent).toEqual({
      pluginAllowlist: [
        { plugin: 'search', enabledBy: 'ada', enabledAt: '2026-01-02T03:04:05.000Z', root: { id: agentId } },
      ],
      children: { totalCount: 3 },
    });
  });
});

describe('the policy of the agent', () => {
  const root = (name: string, pluginPolicy: 'allow_all' | 'allow_listed') =>
    insertRoot(database, orgId, { name, pluginPolicy });
  const policyOf = async (id: string) => (await readWorkspace(database, orgId, id)).pluginPolicy;

  test('is open when every old root was, whatever they listed', async () => {
    const alpha = await root('Alpha', 'allow_all');
    const beta = await root('Beta', 'allow_all');
    await allow(database, orgId, alpha, 'search');
    const agent = await install(api, orgId);
    expect(agent).toMatchObject({
      pluginPolicy: 'ALLOW_ALL',
      installation: { previouslyOpenRoots: [alpha, beta].sort().map((id) => ({ id })) },
    });
    expect(await policyOf(agentId)).toBe('allow_all');
  });

  test('is restricted when any old root was, and the install names the roots that were open', async () => {
    const alpha = await root('Alpha', 'allow_all');
    const beta = await root('Beta', 'allow_listed');
    const gamma = await root('Gamma', 'allow_all');
    const agent = await install(api, orgId);
    expect(agent).toMatchObject({
      pluginPolicy: 'ALLOW_LISTED',
      installation: { previouslyOpenRoots: [alpha, gamma].sort().map((id) => ({ id })) },
    });
    expect(await policyOf(agentId)).toBe('allow_listed');
    expect(await policyOf(beta)).toBe('allow_listed');
  });

  test('is restricted though no entry is there: then nothing is allowed any more', async () => {
    const alpha = await root('Alpha', 'allow_all');
    await root('Beta', 'allow_listed');
    const document =
      'query ($orgId: ID!, $workspaceId: ID!) { pluginAllowed(orgId: $orgId, workspaceId: $workspaceId, plugin: "search") }';
    expect(await api.expectData(document, { orgId, workspaceId: alpha })).toEqual({ pluginAllowed: true });
    await install(api, orgId);
    expect(await api.expectData(document, { orgId, workspaceId: alpha })).toEqual({ pluginAllowed: false });
  });

  test('stays restricted when only the row that became the agent was', async () => {
    const alpha = await root('Alpha', 'allow_all');
    await insertRoot(database, orgId, { id: agentId, name: 'Head', pluginPolicy: 'allow_listed' });
    expect(await install(api, orgId)).toMatchObject({
      pluginPolicy: 'ALLOW_LISTED',
      installation: { previouslyOpenRoots: [{ id: alpha }] },
    });
  });

  test('closes a row that was an open root itself, and names it', async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Head' });
    await root('Alpha', 'allow_listed');
    expect(await install(api, orgId)).toMatchObject({
      pluginPolicy: 'ALLOW_LISTED',
      installation: { previouslyOpenRoots: [{ id: agentId }] },
    });
  });

  test('does not heed removed roots, nor the branches below a root', async () => {
    const alpha = await root('Alpha', 'allow_all');
    await insertRoot(database, orgId, { lifecycle: 'removed', pluginPolicy: 'allow_listed' });
    await insertWorkspace(database, orgId, { parentId: alpha, pluginPolicy: 'allow_listed' });
    expect(await install(api, orgId)).toMatchObject({ pluginPolicy: 'ALLOW_ALL' });
  });
});
