-- The whole schema. Every key starts with org_id, so that the same tables can be sharded by it. Times default to the
-- moment of writing, not to the start of a transaction, which may have waited long for the organization's lock.

create type "workspace_kind" as enum ('workspace', 'platform');
create type "workspace_lifecycle" as enum ('offline', 'provisioning', 'failed', 'removed');
create type "workspace_health" as enum ('healthy', 'degraded');
create type "plugin_policy" as enum ('allow_all', 'allow_listed');
create type "workspace_status" as enum ('online', 'degraded', 'provisioning', 'offline', 'failed', 'removed');

create table "organizations" (
  "id" uuid not null,
  "name" text not null,
  -- False once the platform agent is installed. It is half of the key that workspaces_sole_root_fkey refers to.
  "open_roots" boolean not null default true,
  "event_seq" bigint not null default 0,
  "created_at" timestamptz(6) not null default clock_timestamp(),
  "updated_at" timestamptz(6) not null default clock_timestamp(),
  constraint "organizations_pkey" primary key ("id"),
  constraint "organizations_name_check" check (char_length("name") between 1 and 120)
);
create unique index "organizations_id_open_roots_key" on "organizations" ("id", "open_roots");
create index "organizations_name_id_idx" on "organizations" ("name", "id");

create table "workspaces" (
  "org_id" uuid not null,
  "id" uuid not null default gen_random_uuid(),
  "parent_id" uuid,
  "name" text not null,
  "kind" "workspace_kind" not null default 'workspace',
  "tier" integer not null default 1,
  "runtime" text not null default 'claude-code',
  "lifecycle" "workspace_lifecycle" not null default 'offline',
  "lifecycle_at" timestamptz(6) not null default clock_timestamp(),
  "lifecycle_message" text,
  "plugin_policy" "plugin_policy" not null default 'allow_all',
  "created_at" timestamptz(6) not null default clock_timestamp(),
  "updated_at" timestamptz(6) not null default clock_timestamp(),
  -- What tokens and allowlist entries refer to: they can hang on a root, and on nothing else.
  "root_id" uuid generated always as (case when "parent_id" is null then "id" end) stored,
  -- True for a live root that is no platform agent: such a row needs an organization whose roots are open.
  "open_root" boolean generated always as (
    case when "parent_id" is null and "kind" = 'workspace' and "lifecycle" <> 'removed' then true end
  ) stored,
  constraint "workspaces_pkey" primary key ("org_id", "id"),
  constraint "workspaces_name_check" check (char_length("name") between 1 and 200),
  constraint "workspaces_platform_root_check" check ("kind" = 'workspace' or "parent_id" is null),
  constraint "workspaces_tier_check" check ("tier" >= 0 and ("kind" = 'platform') = ("tier" = 0)),
  constraint "workspaces_own_parent_check" check ("parent_id" <> "id")
);
create unique index "workspaces_org_id_root_id_key" on "workspaces" ("org_id", "root_id");
create index "workspaces_org_id_parent_id_idx" on "workspaces" ("org_id", "parent_id");
create unique index "uniq_workspaces_one_platform_root" on "workspaces" ("org_id")
  where "kind" = 'platform' and "lifecycle" <> 'removed';
create unique index "workspaces_parent_name_uniq" on "workspaces" ("org_id", "parent_id", "name") nulls not distinct
  where "lifecycle" <> 'removed';

create table "workspace_heartbeats" (
  "org_id" uuid not null,
  "workspace_id" uuid not null,
  "last_seen_at" timestamptz(6),
  "health" "workspace_health" not null default 'healthy',
  "message" text,
  -- What was reported of provisioning. It stands here and not in workspaces, whose rows an install locks.
  "reported_lifecycle" "workspace_lifecycle",
  "reported_at" timestamptz(6),
  "reported_message" text,
  constraint "workspace_heartbeats_pkey" primary key ("org_id", "workspace_id"),
  constraint "workspace_heartbeats_reported_check" check (
    "reported_lifecycle" <> 'removed' and ("reported_lifecycle" is null) = ("reported_at" is null)
  )
) with (fillfactor = 70); -- room for heap-only updates: a beat changes no indexed column

create table "org_plugin_allowlist" (
  "org_id" uuid not null,
  "root_id" uuid not null,
  "plugin_name" text not null,
  "enabled_by" text not null,
  "enabled_at" timestamptz(6) not null default clock_timestamp(),
  constraint "org_plugin_allowlist_pkey" primary key ("org_id", "root_id", "plugin_name"),
  constraint "org_plugin_allowlist_plugin_name_check" check (char_length("plugin_name") between 1 and 200)
);

create table "org_api_tokens" (
  "org_id" uuid not null,
  "id" uuid not null default gen_random_uuid(),
  "root_id" uuid not null,
  "name" text not null,
  "prefix" text not null,
  "token_hash" bytea not null,
  "created_by" text not null,
  "created_at" timestamptz(6) not null default clock_timestamp(),
  "last_used_at" timestamptz(6),
  "expires_at" timestamptz(6),
  "revoked_at" timestamptz(6),
  constraint "org_api_tokens_pkey" primary key ("org_id", "id"),
  constraint "org_api_tokens_token_hash_check" check (octet_length("token_hash") = 32)
);
create index "org_api_tokens_org_id_prefix_idx" on "org_api_tokens" ("org_id", "prefix");
create index "org_api_tokens_org_id_root_id_idx" on "org_api_tokens" ("org_id", "root_id");

create table "org_events" (
  "org_id" uuid not null,
  "seq" bigint not null,
  "type" text not null,
  "actor" text not null,
  "subject_id" uuid,
  "data" jsonb not null default '{}',
  "created_at" timestamptz(6) not null default clock_timestamp(),
  constraint "org_events_pkey" primary key ("org_id", "seq")
);
create index "org_events_org_id_type_seq_idx" on "org_events" ("org_id", "type", "seq");

-- One row, shared by all organizations: judging status is not a matter of the server that happens to ask.
create table "status_windows" (
  "id" boolean not null default true,
  "liveness_seconds" integer not null default 90,
  "provisioning_seconds" integer not null default 600,
  constraint "status_windows_pkey" primary key ("id"),
  constraint "status_windows_one_row_check" check ("id"),
  constraint "status_windows_positive_check" check ("liveness_seconds" > 0 and "provisioning_seconds" > 0)
);
insert into "status_windows" default values;

alter table "workspaces"
  add constraint "workspaces_org_id_fkey" foreign key ("org_id")
    references "organizations" ("id") on delete restrict on update restrict,
  add constraint "workspaces_parent_fkey" foreign key ("org_id", "parent_id")
    references "workspaces" ("org_id", "id"),
  -- The sole root: installing sets open_roots to false, which this key refuses while another live root is left, and
  -- afterwards it refuses every new one. A root inserted meanwhile waits for the lock on the organization's row.
  add constraint "workspaces_sole_root_fkey" foreign key ("org_id", "open_root")
    references "organizations" ("id", "open_roots");
alter table "workspace_heartbeats"
  add constraint "workspace_heartbeats_workspace_fkey" foreign key ("org_id", "workspace_id")
    references "workspaces" ("org_id", "id") on delete cascade;
alter table "org_plugin_allowlist"
  add constraint "org_plugin_allowlist_org_id_fkey" foreign key ("org_id")
    references "organizations" ("id") on delete restrict on update restrict,
  add constraint "org_plugin_allowlist_root_fkey" foreign key ("org_id", "root_id")
    references "workspaces" ("org_id", "root_id");
alter table "org_api_tokens"
  add constraint "org_api_tokens_org_id_fkey" foreign key ("org_id")
    references "organizations" ("id") on delete restrict on update restrict,
  add constraint "org_api_tokens_root_fkey" foreign key ("org_id", "root_id")
    references "workspaces" ("org_id", "root_id");
alter table "org_events"
  add constraint "org_events_org_id_fkey" foreign key ("org_id")
    references "organizations" ("id") on delete restrict on update restrict;

-- The status of a workspace: the first of these that holds, judged when the statement began on this database's clock.
-- A report of provisioning that is newer than the lifecycle stands for it, unless the workspace is removed.
create view "workspace_states" as
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
  h.last_seen_at as last_heartbeat_at
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
