-- How many rows an organization has, to the planner: about fifty, whatever the average is. Where most organizations have
-- one workspace, it would plan for one, read all of an organization's rows again for each of them, and take seconds over
-- one that has just been given thousands. The plan for fifty costs a small organization nothing. The next analyze, which
-- autovacuum runs by itself, takes it up.
alter table "workspaces" alter column "org_id" set (n_distinct = -0.02);
alter table "workspace_heartbeats" alter column "org_id" set (n_distinct = -0.02);
