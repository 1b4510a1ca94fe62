import type { Contenders } from '../contenders.ts';
import type { BenchDatabase } from '../database.ts';
import type { Scenario } from '../measure.ts';
import { seedOrganizations } from '../seed.ts';
import { expectAgent } from './expectations.ts';

/** Installs in organizations of so many roots, each of them one that nobody has touched before. */
export function installScenarios(database: BenchDatabase, contenders: Contenders, scale: number): Scenario[] {
  const { taproot, floor, predecessor, postgraphile } = contenders;
  const counts = { 1: 320, 3: 320, 100: 48, 1000: 16 };
  return Object.entries(counts).flatMap(([roots, count]) =>
    [1, 16].map((clients) => ({
      operation: `install, ${Number(roots).toLocaleString('en')} ${roots === '1' ? 'root' : 'roots'}`,
      clients,
      // One client alone needs longer for each.
      count: Math.max(clients, Math.ceil((count * scale) / (clients === 1 ? 3 : 1))),
      inputs: (organizations: number) => seedOrganizations(database, organizations, Number(roots)),
      contenders: [
        { name: 'Taproot', run: async (orgId: string) => expectAgent(await taproot.install(orgId), 'offline') },
        { name: 'floor', run: async (orgId: string) => expectAgent(await floor.install(orgId), 'offline') },
        { name: 'predecessor', run: async (orgId: string) => expectAgent(await predecessor.install(orgId), 'offline') },
        {
          name: 'PostGraphile',
          run: async (orgId: string) => expectAgent(await postgraphile.install(orgId), 'offline'),
        },
      ],
    })),
  );
}
