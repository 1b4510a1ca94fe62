-- What a user of PostGraphile would write to offer the same: the same checks, locks and writes as Taproot's, in functions
-- that run in the database. Told in comments of the view is what PostGraphile cannot see by itself.
comment on view workspace_states is
  E'@primaryKey org_id,workspace_id\n@foreignKey (org_id, workspace_id) references workspaces (org_id, id)|@fieldName workspace|@foreignFieldName state';

comment on column workspaces.name is '@behavior orderBy';

create function install_platform_agent(org_id uuid, agent_id uuid) returns workspaces
language plpgsql volatile strict as $$
#variable_conflict use_column
declare
  organization organizations;
  agent workspaces;
  roots uuid[];
  open_roots uuid[];
  restricted boolean;
  agent_name text;
begin
  select w.* into agent
  from workspaces w join organizations o on o.id = w.org_id
  where w.org_id = install_platform_agent.org_id and w.id = agent_id
    and (w.lifecycle = 'removed' or (w.kind = 'platform' and not o.open_roots));
  if found then return agent; end if;

  select * into organization from organizations where id = install_platform_agent.org_id for update;
  if not found then raise exception 'There is no such organization.'; end if;
  agent_name := organization.name || ' Agent';

  select array_agg(root.id), array_agg(root.id) filter (where root.plugin_policy = 'allow_all'),
         bool_or(root.plugin_policy = 'allow_listed')
  into roots, open_roots, restricted
  from (
    select w.id, w.plugin_policy
    from workspaces w
    where w.org_id = organization.id and w.parent_id is null and w.lifecycle <> 'removed' and w.id <> agent_id
    order by w.id
    for update
  ) root;
  if exists (
    select from workspaces w
    where w.org_id = organization.id and w.parent_id is null and w.lifecycle <> 'removed' and w.name = agent_name
  ) then
    raise exception 'A root bears the name of the agent.';
  end if;

  with inserted as (
    insert into workspaces (org_id, id, parent_id, name, kind, tier, plugin_policy)
    values (organization.id, agent_id, null, agent_name, 'platform', 0,
            case when restricted then 'allow_listed' else 'allow_all' end::plugin_policy)
    on conflict (org_id, id) do update
    set kind = 'platform', tier = 0, parent_id = null, plugin_policy = excluded.plugin_policy, updated_at = clock_timestamp()
    returning org_id, id
  ),
  heartbeat as (
    insert into workspace_heartbeats (org_id, workspace_id)
    select org_id, id from inserted
    on conflict (org_id, workspace_id) do nothing
  ),
  released as (
    delete from org_plugin_allowlist
    where org_id = organization.id and root_id = any(roots)
    returning plugin_name, root_id, enabled_by, enabled_at
  ),
  merged as (
    insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by, enabled_at)
    select distinct on (plugin_name) organization.id, agent_id, plugin_name, enabled_by, enabled_at
    from released
    order by plugin_name, enabled_at, enabled_by
    on conflict (org_id, root_id, plugin_name) do nothing
    returning plugin_name
  ),
  moved as (
    update org_api_tokens set root_id = agent_id
    where org_id = organization.id and root_id = any(roots)
    returning id
  ),
  adopted as (
    update workspaces set parent_id = agent_id, updated_at = clock_timestamp()
    where org_id = organization.id and id = any(roots)
    returning id
  ),
  closed as (
    update organizations set open_roots = false, event_seq = event_seq + 1, updated_at = clock_timestamp()
    where id = organization.id
    returning id, event_seq
  )
  insert into org_events (org_id, seq, type, actor, subject_id, data)
  select id, event_seq, 'platform_agent.installed', 'operator', agent_id, jsonb_build_object(
    'adoptedWorkspaces', array(select id from adopted order by id),
    'demotedAgent', null,
    'movedTokens', (select count(*) from moved),
    'mergedPlugins', array(select plugin_name from merged order by plugin_name),
    'duplicatePlugins', array(select plugin_name from released group by plugin_name having count(*) > 1 order by plugin_name),
    'previouslyOpenRoots', coalesce(open_roots, '{}')
  )
  from closed;

  select * into agent from workspaces w where w.org_id = organization.id and w.id = agent_id;
  return agent;
end $$;

create function record_heartbeat(org_id uuid, workspace_id uuid) returns workspaces
language plpgsql volatile strict as $$
#variable_conflict use_column
declare
  workspace workspaces;
begin
  update workspace_heartbeats h
  set last_seen_at = clock_timestamp(), health = 'healthy', message = null
  where h.org_id = record_heartbeat.org_id and h.workspace_id = record_heartbeat.workspace_id
    and exists (
      select from workspaces w
      where w.org_id = h.org_id and w.id = h.workspace_id and w.lifecycle <> 'removed'
    );
  if not found then raise exception 'There is no such workspace.'; end if;
  select * into workspace
  from workspaces w
  where w.org_id = record_heartbeat.org_id and w.id = record_heartbeat.workspace_id;
  return workspace;
end $$;

create function record_heartbeats(org_id uuid, workspace_ids uuid[]) returns integer
language plpgsql volatile strict as $$
#variable_conflict use_column
declare
  recorded integer;
begin
  with locked as materialized (
    select h.workspace_id
    from workspace_heartbeats h
    where h.org_id = record_heartbeats.org_id and h.workspace_id = any(workspace_ids)
      and exists (
        select from workspaces w
        where w.org_id = h.org_id and w.id = h.workspace_id and w.lifecycle <> 'removed'
      )
    order by h.workspace_id
    for no key update of h
  )
  update workspace_heartbeats h
  set last_seen_at = clock_timestamp(), health = 'healthy', message = null
  from locked
  where h.org_id = record_heartbeats.org_id and h.workspace_id = locked.workspace_id;
  get diagnostics recorded = row_count;
  return recorded;
end $$;

create type status_counts as (
  online integer, degraded integer, provisioning integer, offline integer, failed integer, removed integer
);

-- A computed column of organizations.
create function organizations_status_counts(organization organizations) returns status_counts
language sql stable as $$
  select
    count(*) filter (where status = 'online')::int,
    count(*) filter (where status = 'degraded')::int,
    count(*) filter (where status = 'provisioning')::int,
    count(*) filter (where status = 'offline')::int,
    count(*) filter (where status = 'failed')::int,
    count(*) filter (where status = 'removed')::int
  from workspace_states
  where org_id = organization.id
$$;
