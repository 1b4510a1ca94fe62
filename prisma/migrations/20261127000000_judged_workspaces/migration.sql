-- The rules of the status as functions, so that a statement which has just changed a heartbeat can judge by it: a view shows
-- what was before the statement. They are plain expressions, which PostgreSQL puts in place of the calls.

-- What is true of a workspace now, on the database's clock. `lifecycle` is what the platform last did with it, at
-- `lifecycle_at`.
create function "workspace_status"(
  lifecycle "workspace_lifecycle",
  lifecycle_at timestamptz,
  last_seen_at timestamptz,
  health "workspace_health",
  liveness_seconds integer,
  provisioning_seconds integer
) returns "workspace_status" language sql stable parallel safe
return case
  when lifecycle = 'removed' then 'removed'::"workspace_status"
  when last_seen_at > lifecycle_at and last_seen_at > statement_timestamp() - make_interval(secs => liveness_seconds)
    then case health when 'degraded' then 'degraded'::"workspace_status" else 'online' end
  when lifecycle = 'failed' then 'failed'
  when lifecycle = 'provisioning' then case
    when lifecycle_at < statement_timestamp() - make_interval(secs => provisioning_seconds)
      then 'failed'::"workspace_status"
    else 'provisioning'
  end
  else 'offline'
end;

-- Why it has that status: what it or its provisioner said, or what is missing.
create function "workspace_status_message"(
  status "workspace_status",
  lifecycle "workspace_lifecycle",
  lifecycle_at timestamptz,
  lifecycle_message text,
  last_seen_at timestamptz,
  message text,
  liveness_seconds integer,
  provisioning_seconds integer
) returns text language sql stable parallel safe
return case status
  when 'online' then message
  when 'degraded' then message
  when 'provisioning' then lifecycle_message
  when 'failed' then case
    when lifecycle = 'failed' then lifecycle_message
    else 'Provisioning did not finish within ' || provisioning_seconds || ' seconds.'
  end
  when 'offline' then case
    when last_seen_at is null then 'No heartbeat has been received yet.'
    when last_seen_at <= lifecycle_at then 'No heartbeat since the platform last changed its state.'
    else 'No heartbeat within the last ' || liveness_seconds || ' seconds.'
  end
end;

-- Workspaces and their status side by side: who wants both reads each workspace once.
create view "judged_workspaces" as
select
  w.org_id,
  w.id,
  w.parent_id,
  w.name,
  w.kind,
  w.tier,
  w.runtime,
  w.lifecycle,
  w.lifecycle_at,
  w.lifecycle_message,
  w.plugin_policy,
  w.created_at,
  w.updated_at,
  w.root_id,
  w.open_root,
  judged.status,
  workspace_status_message(
    judged.status, latest.lifecycle, latest.at, latest.message, h.last_seen_at, h.message,
    sw.liveness_seconds, sw.provisioning_seconds
  ) as status_message,
  h.last_seen_at as last_heartbeat_at,
  -- greatest() passes over nulls. All statuses are judged anew when the windows change.
  greatest(
    sw.changed_at,
    case
      when judged.status in ('online', 'degraded') then h.last_seen_at
      when judged.status = 'removed' then latest.at
      else greatest(
        latest.at,
        case when h.last_seen_at > latest.at then h.last_seen_at + make_interval(secs => sw.liveness_seconds) end,
        case
          when judged.status = 'failed' and latest.lifecycle = 'provisioning'
            then latest.at + make_interval(secs => sw.provisioning_seconds)
        end
      )
    end
  ) as evidence_at
from "workspaces" w
left join "workspace_heartbeats" h on h.org_id = w.org_id and h.workspace_id = w.id
cross join "status_windows" sw
cross join lateral (
  select
    case when is_reported then h.reported_lifecycle else w.lifecycle end as lifecycle,
    case when is_reported then h.reported_at else w.lifecycle_at end as at,
    case when is_reported then h.reported_message else w.lifecycle_message end as message
  from (select coalesce(w.lifecycle <> 'removed' and h.reported_at > w.lifecycle_at, false) as is_reported) report
) latest
cross join lateral (
  select workspace_status(
    latest.lifecycle, latest.at, h.last_seen_at, h.health, sw.liveness_seconds, sw.provisioning_seconds
  ) as status
) judged;

-- As before, for who wants the status alone.
create or replace view "workspace_states" as
select org_id, id as workspace_id, status, status_message, last_heartbeat_at, evidence_at from "judged_workspaces" w;
