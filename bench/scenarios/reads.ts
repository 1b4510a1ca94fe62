import type { Contenders } from '../contenders.ts';
import type { BenchDatabase } from '../database.ts';
import type { Scenario } from '../measure.ts';
import { seedOrganizations } from '../seed.ts';
import { expectAgent, expectCount } from './expectations.ts';
import { repeat } from './inputs.ts';

const treeSize = 1_000;
const pageSize = 100;

/** Installs again where nothing is left to do, the tree of an organization, and a page of organizations. */
export async function readScenarios(
  database: BenchDatabase,
  { taproot, floor, postgraphile }: Contenders,
  treeOrgId: string,
  scale: number,
): Promise<Scenario[]> {
  const installed = await seedOrganizations(database, 50, 3);
  for (const [orgId] of installed) await taproot.install(orgId);

  return [1, 16].flatMap((clients): Scenario[] => [
    {
      operation: 're-install',
      clients,
      count: Math.ceil(1_500 * scale),
      inputs: repeat(installed),
      contenders: [
        { name: 'Taproot', run: async (orgId = '') => expectAgent(await taproot.install(orgId), 'offline') },
        { name: 'floor', run: async (orgId = '') => expectAgent(await floor.install(orgId), 'offline') },
        { name: 'PostGraphile', run: async (orgId = '') => expectAgent(await postgraphile.install(orgId), 'offline') },
      ],
    },
    {
      operation: 'tree of 1,000 workspaces',
      clients,
      count: Math.ceil(96 * scale),
      inputs: repeat([[treeOrgId]]),
      contenders: [
        { name: 'Taproot', run: async (orgId = '') => expectCount((await taproot.tree(orgId)).length, treeSize) },
        { name: 'floor', run: async (orgId = '') => expectCount((await floor.tree(orgId)).length, treeSize) },
        {
          name: 'PostGraphile',
          run: async (orgId = '') => expectCount((await postgraphile.tree(orgId)).length, treeSize),
        },
      ],
    },
    {
      operation: 'page of 100 organizations',
      clients,
      count: Math.ceil(240 * scale),
      inputs: repeat([[]]),
      contenders: [
        { name: 'Taproot', run: async () => expectCount((await taproot.organizations()).length, pageSize) },
        { name: 'floor', run: async () => expectCount((await floor.organizations()).length, pageSize) },
        { name: 'PostGraphile', run: async () => expectCount((await postgraphile.organizations()).length, pageSize) },
      ],
    },
  ]);
}
