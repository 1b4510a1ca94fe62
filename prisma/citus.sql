-- Shards the tables over the workers of a Citus cluster, by organization. To be run by hand, once, on the coordinator, in the
-- database that the server uses: after its migrations have been applied, while no server runs, and before there are any
-- organizations. docs/scaling.md says when that is worth it, what it changes, and how the data of an existing database
-- comes in afterwards. If a line fails, nothing of it has happened: mend the cause, and go on with that line.
--
--   psql --set ON_ERROR_STOP=1 --file prisma/citus.sql "$DIRECT_DATABASE_URL"

-- The tenants themselves, by their id. They come first, for all others refer to them: Citus shards a table only when those
-- that its foreign keys lead to are sharded already, by the same column and side by side.
select create_distributed_table('organizations', 'id', colocate_with => 'none');

-- All else by org_id, beside its organization: the rows of one organization lie on one worker, so that its foreign keys,
-- joins and transactions need no other. workspaces comes before what hangs on them.
select create_distributed_table('workspaces', 'org_id', colocate_with => 'organizations');
select create_distributed_table('workspace_heartbeats', 'org_id', colocate_with => 'organizations');
select create_distributed_table('org_plugin_allowlist', 'org_id', colocate_with => 'organizations');
select create_distributed_table('org_api_tokens', 'org_id', colocate_with => 'organizations');
select create_distributed_table('org_events', 'org_id', colocate_with => 'organizations');

-- Its one row is read wherever a status is judged, so every node has it.
select create_reference_table('status_windows');

-- The rules of the status, wherever a worker judges.
select create_distributed_function(
  'workspace_status(workspace_lifecycle, timestamptz, timestamptz, workspace_health, integer, integer)'
);
select create_distributed_function(
  'workspace_status_message(workspace_status, workspace_lifecycle, timestamptz, text, timestamptz, text, integer, integer)'
);

-- The views judged_workspaces and workspace_states go with their tables. _prisma_migrations stays on the coordinator alone,
-- as it must: migrations are applied there, and Citus hands them on to the shards.
