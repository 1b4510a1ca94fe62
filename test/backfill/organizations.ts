import { platformAgentId } from '../../src/platform-agent/identity.ts';
import type { TestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';

/** An id that tells the place of the organization in the order that a backfill goes by. */
export function idAt(place: number): string {
  return `${place.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

/** Inserts organizations with one root each, at the places 1 to `count`, and returns their ids in that order. */
export async function insertWaiting(database: TestDatabase, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => idAt(index + 1));
  await database.query(`insert into organizations (id, name) select id, 'Acme' from unnest($1::uuid[]) id`, [ids]);
  await database.query(
    `with root as (insert into workspaces (org_id, name) select id, 'Alpha' from unnest($1::uuid[]) id returning org_id, id)
     insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from root`,
    [ids],
  );
  return ids;
}

/** Inserts organizations that have their agent, and returns their ids. */
export async function insertInstalled(database: TestDatabase, ids: readonly string[]): Promise<void> {
  await database.query(
    `insert into organizations (id, name, open_roots) select id, 'Acme', false from unnest($1::uuid[]) id`,
    [ids],
  );
  await database.query(
    `insert into workspaces (org_id, id, name, kind, tier)
     select org_id, id, 'Acme Agent', 'platform', 0 from unnest($1::uuid[], $2::uuid[]) agent (org_id, id)`,
    [ids, ids.map(platformAgentId)],
  );
}

/** How many installs each organization has had, by its id. */
export async function countInstalls(database: TestDatabase): Promise<Map<string, number>> {
  const rows = await database.query<{ id: string; installs: number }>(
    `select id, (select count(*)::int from org_events where org_id = o.id and type = 'platform_agent.installed') as installs
     from organizations o`,
  );
  return new Map(rows.map(({ id, installs }) => [id, installs]));
}

/** One organization in every state that a backfill may find, by what it is. */
export async function insertEveryKind(database: TestDatabase) {
  const rootless = await insertOrganization(database);

  const manyRoots = await insertOrganization(database);
  for (const [name, pluginPolicy] of [['Alpha', 'allow_all'] as const, ['Beta', 'allow_listed'] as const]) {
    const rootId = await insertRoot(database, manyRoots, { name, pluginPolicy });
    await allow(database, manyRoots, rootId, 'search');
    await insertToken(database, manyRoots, rootId);
  }

  const otherAgent = await insertOrganization(database);
  await insertPlatformAgent(database, otherAgent, { id: otherAgent });
  await insertRoot(database, otherAgent, { name: 'Alpha' });

  const closedByOtherAgent = await insertOrganization(database, { openRoots: false });
  await insertPlatformAgent(database, closedByOtherAgent, { id: closedByOtherAgent });

  const openWithItsAgent = await insertOrganization(database);
  await insertPlatformAgent(database, openWithItsAgent);

  const seededRoot = await insertOrganization(database);
  await insertRoot(database, seededRoot, { id: platformAgentId(seededRoot), name: 'Seed' });

  const installed = await insertOrganization(database, { openRoots: false });
  await insertPlatformAgent(database, installed);
  await insertWorkspace(database, installed, { parentId: platformAgentId(installed), name: 'Alpha' });

  const removed = await insertOrganization(database);
  await insertPlatformAgent(database, removed, { lifecycle: 'removed' });
  await insertRoot(database, removed, { name: 'Alpha' });

  const nameTaken = await insertOrganization(database);
  const namesake = await insertRoot(database, nameTaken, { name: 'Acme Agent' });

  const seedNameTaken = await insertOrganization(database);
  await insertWorkspace(database, seedNameTaken, {
    id: platformAgentId(seedNameTaken),
    parentId: await insertRoot(database, seedNameTaken, { name: 'Seed' }),
    name: 'Alpha',
  });
  const seedNamesake = await insertRoot(database, seedNameTaken, { name: 'Alpha' });

  const takenBelow = await insertOrganization(database);
  await insertRoot(database, takenBelow, { id: platformAgentId(takenBelow), name: 'Seed' });
  const child = await insertWorkspace(database, takenBelow, { parentId: platformAgentId(takenBelow), name: 'Alpha' });
  const root = await insertRoot(database, takenBelow, { name: 'Alpha' });

  return {
    waiting: [rootless, manyRoots, otherAgent, closedByOtherAgent, openWithItsAgent, seededRoot],
    installed,
    removed,
    conflicts: {
      nameTaken: { orgId: nameTaken, namesake },
      seedNameTaken: { orgId: seedNameTaken, namesake: seedNamesake },
      takenBelow: { orgId: takenBelow, child, root },
    },
  };
}

/** Takes away every organization. */
export async function removeOrganizations(database: TestDatabase): Promise<void> {
  await database.query(
    'truncate organizations, workspaces, workspace_heartbeats, org_events, org_api_tokens, org_plugin_allowlist',
  );
}

/** Settings under which a lock is waited for as long as a test holds it. */
export const patientSettings = (databaseUrl: string) => ({
  DATABASE_URL: databaseUrl,
  LOCK_TIMEOUT_MS: '30000',
  STATEMENT_TIMEOUT_MS: '31000',
  TRANSACTION_TIMEOUT_MS: '32000',
});
