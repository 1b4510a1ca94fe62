import type { BenchDatabase } from './database.ts';

/** What a root has, everywhere in the bench: five plugins, some of them in common with its neighbours, and three tokens. */
const rowsOfRoots = `
  insert_heartbeats as (
    insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from root
  ),
  insert_plugins as (
    insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by)
    select org_id, id, 'plugin-' || (split_part(name, ' ', 2)::int % 50) + serial, 'seed' from root, generate_series(1, 5) serial
  ),
  insert_tokens as (
    insert into org_api_tokens (org_id, root_id, name, prefix, token_hash, created_by)
    select org_id, id, 'token ' || serial, substr(id::text, 1, 8), sha256((id::text || serial)::bytea), 'seed'
    from root, generate_series(1, 3) serial
  )`;

/** New organizations that no agent has been installed in, each with that many roots. Returns their ids, one by one. */
export async function seedOrganizations(
  database: BenchDatabase,
  count: number,
  roots: number,
  name = 'Organization',
): Promise<[string][]> {
  const rows = await database.query<{ id: string }>(
    `with organization as (
       insert into organizations (id, name)
       select gen_random_uuid(), $3 || ' ' || lpad(serial::text, 7, '0') from generate_series(1, $1::int) serial
       returning id
     ),
     root as (
       insert into workspaces (org_id, name)
       select id, 'Root ' || serial from organization, generate_series(1, $2::int) serial
       returning org_id, id, name
     ),
     ${rowsOfRoots}
     select id from organization`,
    [count, roots, name],
  );
  return rows.map(({ id }) => [id]);
}

/** The tree of one organization: four children to each workspace but the last, down to the given depth. */
export async function seedTree(database: BenchDatabase, size: number, depth: number): Promise<string> {
  const [[orgId] = ['']] = await seedOrganizations(database, 1, 1);
  const rows = await database.query<{ id: string }>('select id from workspaces where org_id = $1', [orgId]);
  const perLevel = Math.ceil((size - 1) / (depth - 1));
  let parents = rows.map(({ id }) => id);
  for (let left = size - 1; left > 0; left -= perLevel) {
    const count = Math.min(perLevel, left);
    const added = await database.query<{ id: string }>(
      `with workspace as (
         insert into workspaces (org_id, parent_id, name)
         select $1::uuid, ($2::uuid[])[1 + serial % cardinality($2::uuid[])], 'Workspace ' || serial
         from generate_series(1, $3::int) serial
         returning org_id, id
       )
       insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from workspace returning workspace_id as id`,
      [orgId, parents, count],
    );
    parents = added.map(({ id }) => id);
  }
  return orgId;
}

/** Lets the planner know what has been seeded, and writes it to disk, so that no measurement pays for it. */
export async function settle(database: BenchDatabase): Promise<void> {
  await database.query('vacuum analyze');
}
