import type { TestDatabase } from '../support/database.ts';

/** Organizations, each with a platform agent, nine workspaces below it, and some of everything else. */
const organizations = 3_000;

/**
 * Fills the database so far that PostgreSQL plans as it does for many organizations: it reads small tables whole, whatever
 * there is to find them by.
 */
export async function insertPopulation({ query }: TestDatabase): Promise<void> {
  await query(
    `insert into organizations (id, name, open_roots, event_seq)
     select gen_random_uuid(), 'Organization ' || number, false, 5 from generate_series(1, $1::int) number`,
    [organizations],
  );
  await query(
    `with agent as (
       insert into workspaces (org_id, name, kind, tier) select id, name || ' Agent', 'platform', 0 from organizations
       returning org_id, id
     ), below as (
       insert into workspaces (org_id, parent_id, name)
       select org_id, id, 'Workspace ' || number from agent cross join generate_series(1, 9) number
       returning org_id, id
     )
     insert into workspace_heartbeats (org_id, workspace_id, last_seen_at)
     select org_id, id, now() from agent union all select org_id, id, now() from below`,
  );
  await query(
    `insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by)
     select org_id, root_id, 'plugin-' || number, 'operator'
     from workspaces cross join generate_series(1, 5) number where root_id is not null`,
  );
  await query(
    `insert into org_api_tokens (org_id, root_id, name, prefix, token_hash, created_by)
     select org_id, root_id, 'Token ' || number, 'tap_' || org_id || '_' || number, sha256(org_id::text::bytea), 'operator'
     from workspaces cross join generate_series(1, 5) number where root_id is not null`,
  );
  await query(
    `insert into org_events (org_id, seq, type, actor)
     select id, number, 'workspace.renamed', 'operator' from organizations cross join generate_series(1, 5) number`,
  );
  await query('analyze');
}
