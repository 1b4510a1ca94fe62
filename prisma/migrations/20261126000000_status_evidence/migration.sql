-- Since when a status can be what it is, for readers who saw it at some earlier moment and ask what may have changed.

-- Null: the windows are still those that the database began with.
alter table "status_windows" add column "changed_at" timestamptz(6);

-- As before, with evidence_at: the moment of the youngest fact that the status rests on. Whoever has read a status at a
-- later moment has read this one. A fact is written in a transaction and seen from its commit on, so that a reader has
-- to look back further than the moment of its last read: by as long as such a transaction may take.
create or replace view "workspace_states" as
select
  w.org_id,
  w.id as workspace_id,
  judged.status,
  case judged.status
    when 'online' then h.message
    when 'degraded' then h.message
    when 'provisioning' then latest.message
    when 'failed' then case
      when latest.lifecycle = 'failed' then latest.message
      else 'Provisioning did not finish within ' || sw.provisioning_seconds || ' seconds.'
    end
    when 'offline' then case
      when h.last_seen_at is null then 'No heartbeat has been received yet.'
      when h.last_seen_at <= latest.at then 'No heartbeat since the platform last changed its state.'
      else 'No heartbeat within the last ' || sw.liveness_seconds || ' seconds.'
    end
  end as status_message,
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
  select case
    when latest.lifecycle = 'removed' then 'removed'::"workspace_status"
    when h.last_seen_at > latest.at
      and h.last_seen_at > statement_timestamp() - make_interval(secs => sw.liveness_seconds)
      then case h.health when 'degraded' then 'degraded'::"workspace_status" else 'online' end
    when latest.lifecycle = 'failed' then 'failed'
    when latest.lifecycle = 'provisioning' then case
      when latest.at < statement_timestamp() - make_interval(secs => sw.provisioning_seconds)
        then 'failed'::"workspace_status"
      else 'provisioning'
    end
    else 'offline'
  end as status
) judged;
