import type { Contenders } from '../contenders.ts';
import type { Scenario } from '../measure.ts';
import { expectAgent, expectCount } from './expectations.ts';
import { repeat } from './inputs.ts';

const batchSize = 100;

/** Heartbeats of the workspaces of one organization, one a request and a hundred a request. */
export function heartbeatScenarios(
  { taproot, floor, postgraphile }: Contenders,
  orgId: string,
  workspaceIds: readonly string[],
  scale: number,
): Scenario[] {
  const batches = Array.from({ length: Math.floor(workspaceIds.length / batchSize) }, (_, index) =>
    workspaceIds.slice(index * batchSize, (index + 1) * batchSize),
  );
  const single = (clients: number): Scenario => ({
    operation: 'heartbeat',
    clients,
    count: Math.ceil(2_400 * scale),
    inputs: repeat(workspaceIds.map((id) => [id])),
    contenders: [
      { name: 'Taproot', run: async (id = '') => expectAgent(await taproot.heartbeat(orgId, id), 'online') },
      { name: 'floor', run: async (id = '') => expectAgent(await floor.heartbeat(orgId, id), 'online') },
      { name: 'PostGraphile', run: async (id = '') => expectAgent(await postgraphile.heartbeat(orgId, id), 'online') },
      { name: 'ceiling', run: async () => expectCount((await taproot.typename()).__typename.length, 'Query'.length) },
    ],
  });
  const batched = (clients: number): Scenario => ({
    operation: `heartbeats, ${batchSize} a request`,
    clients,
    count: Math.ceil(160 * scale),
    itemsPerOperation: batchSize,
    inputs: repeat(batches),
    contenders: [
      { name: 'Taproot', run: async (...ids) => expectCount(await taproot.heartbeats(orgId, ids), batchSize) },
      { name: 'floor', run: async (...ids) => expectCount(await floor.heartbeats(orgId, ids), batchSize) },
      {
        name: 'PostGraphile',
        run: async (...ids) => expectCount(await postgraphile.heartbeats(orgId, ids), batchSize),
      },
    ],
  });
  return [single(1), single(16), single(64), batched(1), batched(16)];
}
