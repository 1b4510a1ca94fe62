import { createFloor } from './contenders/floor.ts';
import { createPostGraphile } from './contenders/postgraphile.ts';
import { createPredecessor } from './contenders/predecessor.ts';
import { createTaproot } from './contenders/taproot.ts';
import type { BenchDatabase } from './database.ts';
import { time } from './measure.ts';
import { seedOrganizations } from './seed.ts';

/** All that is compared, on one database. */
export type Contenders = Awaited<ReturnType<typeof startContenders>>;

/** Starts the servers, each as a process of its own, for at most so many clients at once. */
export async function startContenders(database: BenchDatabase, clients: number) {
  const [taproot, postgraphile] = await Promise.all([
    createTaproot(database.url, clients),
    createPostGraphile(database, clients),
  ]);
  const floor = createFloor(database.url);
  const predecessor = createPredecessor(database.url);
  return {
    taproot,
    postgraphile,
    floor,
    predecessor,
    async stop() {
      await Promise.all([taproot.stop(), postgraphile.stop(), floor.close(), predecessor.close()]);
    },
  };
}

/**
 * Lets everybody do everything for a while, for the sake of what is compiled and planned only when it has been used often:
 * a server that has just started is several times slower than one that runs.
 */
export async function warmUp(database: BenchDatabase, contenders: Contenders, treeOrgId: string, scale: number) {
  const { taproot, postgraphile, floor, predecessor } = contenders;
  const [beating] = await database.query<{ id: string }>('select id from workspaces where org_id = $1 limit 1', [
    treeOrgId,
  ]);
  for (const { install } of [taproot, postgraphile, floor, predecessor]) {
    await time(
      await seedOrganizations(database, Math.ceil(3_000 * scale), 1),
      16,
      async (orgId = '') => void (await install(orgId)),
    );
  }
  for (const { tree, organizations, heartbeat, heartbeats } of [taproot, postgraphile, floor]) {
    const id = beating?.id ?? '';
    const rounds = Array.from({ length: Math.ceil(200 * scale) }, () => []);
    await time(rounds, 16, async () => void (await tree(treeOrgId)));
    await time(rounds, 16, async () => void (await organizations()));
    await time([...rounds, ...rounds, ...rounds, ...rounds], 16, async () => void (await heartbeat(treeOrgId, id)));
    await time(rounds, 16, async () => void (await heartbeats(treeOrgId, [id])));
  }
}
