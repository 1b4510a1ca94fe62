import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { preview } from '../support/preview.ts';
import { readAllowlist } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let agentId: string;
let alpha: string;
let beta: string;
let gamma: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
  alpha = await insertRoot(database, orgId, { name: 'Alpha' });
  beta = await insertRoot(database, orgId, { name: 'Beta' });
  gamma = await insertRoot(database, orgId, { name: 'Gamma' });
});

/** The previewed allowlist by plugin: from which root the entry comes, and from which those that are dropped for it. */
async function survivors(): Promise<Record<string, [survivor: string, ...dropped: string[]]>> {
  const { allowlist } = await preview(api, database, orgId);
  return Object.fromEntries(
    allowlist.map(({ plugin, root, duplicates }) => [plugin, [root.id, ...duplicates.map((entry) => entry.root.id)]]),
  );
}

describe('of several entries for one plugin the preview names the one that survives the install', () => {
  test('the earliest, though by a microsecond, and the others in their order', async () => {
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2026-01-02 03:04:05.000002+00' });
    await allow(database, orgId, beta, 'search', { by: 'zoe', at: '2026-01-02 03:04:05.000001+00' });
    await allow(database, orgId, gamma, 'search', { by: 'bob', at: '2026-01-02 03:04:05.000003+00' });
    expect(await survivors()).toEqual({ search: [beta, alpha, gamma] });
    await install(api, orgId);
    expect(await readAllowlist(database, orgId)).toMatchObject([{ by: 'zoe', at: '2026-01-02 03:04:05.000001' }]);
  });

  test('of one time that of the author who sorts first', async () => {
    const at = '2026-01-02 03:04:05+00';
    await allow(database, orgId, alpha, 'search', { by: 'cleo', at });
    await allow(database, orgId, beta, 'search', { by: 'bob', at });
    await allow(database, orgId, gamma, 'search', { by: 'ada', at });
    expect(await survivors()).toEqual({ search: [gamma, beta, alpha] });
    await install(api, orgId);
    expect(await readAllowlist(database, orgId)).toMatchObject([{ by: 'ada' }]);
  });

  test('of one time and author that of the root whose id sorts first, every time', async () => {
    const provenance = { by: 'ada', at: '2026-01-02 03:04:05+00' };
    for (const rootId of [gamma, alpha, beta]) await allow(database, orgId, rootId, 'search', provenance);
    expect(await survivors()).toEqual({ search: [alpha, beta, gamma].sort() });
    expect(await survivors()).toEqual({ search: [alpha, beta, gamma].sort() });
  });

  test("the agent's own, though it is the latest", async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Head' });
    await allow(database, orgId, agentId, 'search', { by: 'own', at: '2026-03-03 00:00:00+00' });
    await allow(database, orgId, agentId, 'own', { by: 'own' });
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2020-01-02 00:00:00+00' });
    await allow(database, orgId, beta, 'search', { by: 'bob', at: '2020-01-01 00:00:00+00' });
    await allow(database, orgId, beta, 'browser', { by: 'bob' });
    expect(await survivors()).toEqual({ browser: [beta], own: [agentId], search: [agentId, beta, alpha] });
    expect(await preview(api, database, orgId)).toMatchObject({
      mergedPlugins: ['browser'],
      duplicatePlugins: ['search'],
    });
  });

  test('and tells plugins apart by the case of their names', async () => {
    await allow(database, orgId, alpha, 'Search');
    await allow(database, orgId, beta, 'search');
    expect(await survivors()).toEqual({ Search: [alpha], search: [beta] });
  });
});

describe('the roots that an install restricts', () => {
  test('are none where every root was open, and stays so', async () => {
    expect(await preview(api, database, orgId)).toMatchObject({
      pluginPolicy: 'ALLOW_ALL',
      restrictedRoots: [],
      previouslyOpenRoots: [alpha, beta, gamma].sort().map((id) => ({ id })),
    });
  });

  test('are those that were open, where one was not', async () => {
    await insertRoot(database, orgId, { name: 'Delta', pluginPolicy: 'allow_listed' });
    await insertRoot(database, orgId, { name: 'Gone', lifecycle: 'removed' });
    const open = [alpha, beta, gamma].sort().map((id) => ({ id }));
    expect(await preview(api, database, orgId)).toMatchObject({
      pluginPolicy: 'ALLOW_LISTED',
      restrictedRoots: open,
      previouslyOpenRoots: open,
    });
  });

  test('are all, where the row that is to become the agent alone was not open', async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Head', pluginPolicy: 'allow_listed' });
    expect(await preview(api, database, orgId)).toMatchObject({
      pluginPolicy: 'ALLOW_LISTED',
      restrictedRoots: [alpha, beta, gamma].sort().map((id) => ({ id })),
    });
  });
});
