import { afterAll } from 'vitest';
import type { AddressedHeartbeat } from '../../src/workspaces/heartbeat.sql.ts';
import type { WorkspaceKey } from '../../src/workspaces/lineage.ts';
import { createTestApi } from '../support/api.ts';
import type { TestClient, TestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { openGate } from '../support/gate.ts';
import { watchDeadlocks } from './interleaving.ts';

/** Two servers that reach the database through a gate, one of them as though it were sharded. No test may deadlock. */
export async function openServers(database: TestDatabase) {
  watchDeadlocks(database);
  const gate = await openGate(database.url);
  afterAll(gate.close);
  const behindGate = { ...database, url: gate.url };
  return { gate, api: createTestApi(behindGate), shards: createTestApi(behindGate, { sharded: true }) };
}

/** Inserts organizations with a workspace each, and returns the keys of those. */
export async function insertAgents(database: TestDatabase, organizations: number): Promise<WorkspaceKey[]> {
  const keys: WorkspaceKey[] = [];
  for (let number = 0; number < organizations; number++) {
    const orgId = await insertOrganization(database, { name: `Organization ${number}` });
    keys.push({ orgId, id: await insertRoot(database, orgId, { name: `Agent ${number}` }) });
  }
  return keys;
}

/** A heartbeat of the workspace. */
export const beatOf = ({ orgId, id }: WorkspaceKey, message: string | null = null): AddressedHeartbeat => ({
  orgId,
  workspaceId: id,
  health: 'healthy',
  message,
});

/** Lets heartbeats of the workspace wait until the holder's transaction ends. */
export async function holdBeats(holder: TestClient, { orgId, id }: WorkspaceKey): Promise<void> {
  await holder.query('begin');
  await holder.query('select from workspace_heartbeats where org_id = $1 and workspace_id = $2 for update', [
    orgId,
    id,
  ]);
}

/** What the last heartbeat of each workspace said; undefined for one that has not been heard. */
export async function readMessages(
  database: TestDatabase,
  keys: readonly WorkspaceKey[],
): Promise<(string | null | undefined)[]> {
  const rows = await database.query<{ id: string; message: string | null }>(
    `select workspace_id as id, message from workspace_heartbeats
     where workspace_id = any($1) and last_seen_at is not null`,
    [keys.map(({ id }) => id)],
  );
  const messages = new Map(rows.map(({ id, message }) => [id, message]));
  return keys.map(({ id }) => messages.get(id));
}
