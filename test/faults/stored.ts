import { readState, type State } from '../concurrency/acme.ts';
import type { TestDatabase } from '../support/database.ts';

/** What is stored of an organization, in words, without the ids and moments that differ each time it is made. */
export interface Stored extends State {
  /** What is known of each workspace beside its place in the tree: `Alpha workspace 1 claude-code offline allow_all heard healthy`. */
  readonly facts: readonly string[];
}

/** Reads all that a change can have made, that of heartbeats and reports included. */
export async function readStored(database: TestDatabase, orgId: string): Promise<Stored> {
  const facts = await database.query<{ line: string }>(
    `select concat_ws(
       ' ', w.name, w.kind, w.tier, w.runtime, w.lifecycle, w.lifecycle_message, w.plugin_policy,
       case when h.workspace_id is null then 'without a heartbeat row' when h.last_seen_at is null then 'not heard' else 'heard' end,
       h.health, h.message, 'reported ' || h.reported_lifecycle, h.reported_message
     ) as line
     from workspaces w left join workspace_heartbeats h on h.org_id = w.org_id and h.workspace_id = w.id
     where w.org_id = $1 order by line`,
    [orgId],
  );
  return { ...(await readState(database, orgId)), facts: facts.map(({ line }) => line) };
}
