import { readFile } from 'node:fs/promises';
import { createTaproot } from '../contenders/taproot.ts';
import type { BenchPostgres } from '../database.ts';
import { time } from '../measure.ts';
import { seedOrganizations, seedTree, settle } from '../seed.ts';

export interface Memory {
  readonly requests: number;
  /** Resident set of the server in MB after a tenth of the requests, when everything has been used once. */
  readonly early: number;
  /** Resident set of the server in MB after all of them. */
  readonly late: number;
}

const clients = 16;

/** What the server holds in memory while it answers a mixture of everything. */
export async function measureMemory(postgres: BenchPostgres, requests: number): Promise<Memory> {
  const database = await postgres.createDatabase('memory');
  const treeOrgId = await seedTree(database, 1_000, 5);
  const beating = await database.query<{ id: string }>('select id from workspaces where org_id = $1', [treeOrgId]);
  const organizations = await seedOrganizations(database, Math.ceil(requests / 20), 3);
  await settle(database);
  const taproot = await createTaproot(database.url, clients);

  const run = async (id = '') => {
    const number = Number(id);
    const [orgId = ''] = organizations[number % organizations.length] ?? [];
    if (number % 200 === 0) await taproot.tree(treeOrgId);
    else if (number % 20 === 1) await taproot.organizations();
    else if (number % 2 === 0) await taproot.heartbeat(treeOrgId, beating[number % beating.length]?.id ?? '');
    else await taproot.install(orgId);
  };
  const numbers = Array.from({ length: requests }, (_, index) => [`${index}`]);
  await time(numbers.slice(0, requests / 10), clients, run);
  const early = await residentMegabytes(taproot.pid);
  await time(numbers.slice(requests / 10), clients, run);
  const late = await residentMegabytes(taproot.pid);
  await taproot.stop();
  await database.drop();
  return { requests, early, late };
}

async function residentMegabytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
