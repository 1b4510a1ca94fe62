import type { Transaction } from '../database/client.ts';
import { survivorFirst } from './plan.sql.ts';
import type { InstallPlan } from './plan.ts';

/** Opens the organization for ordinary roots again: what the demotion of its present sole root needs. */
export async function reopenRoots(tx: Transaction, orgId: string): Promise<void> {
  await tx.$executeRaw`
    update organizations
    set open_roots = true
    where id = ${orgId}::uuid`;
}

/** Makes a platform agent an ordinary root, which the unique index demands before another may be one. */
export async function demoteAgent(tx: Transaction, orgId: string, id: string): Promise<void> {
  await tx.$executeRaw`
    update workspaces
    set kind = 'workspace', tier = 1, updated_at = statement_timestamp()
    where org_id = ${orgId}::uuid and id = ${id}::uuid`;
}

/**
 * The install itself: all its writes in one statement, so that their number does not grow with the organization. The
 * parts stand in the order in which each is valid on its own, for a sharded database runs them one after the other:
 * anchors move while the old roots still are roots, and the organization is closed when none is left.
 *
 * Allowlist entries keep their provenance. Of several for one plugin the agent's own stays where it is, and none is put
 * beside it; otherwise `survivorFirst` decides.
 */
export async function writeInstall(
  tx: Transaction,
  orgId: string,
  plan: InstallPlan,
  agentName: string,
  actor: string,
): Promise<void> {
  const { agentId, pluginPolicy, adoptedIds, demotedAgent, previouslyOpenIds } = plan;
  await tx.$executeRaw`
    with agent as (
      insert into workspaces (org_id, id, parent_id, name, kind, tier, plugin_policy)
      values (${orgId}::uuid, ${agentId}::uuid, null, ${agentName}, 'platform', 0, ${pluginPolicy}::plugin_policy)
      on conflict (org_id, id) do update
      set kind = 'platform', tier = 0, parent_id = null, plugin_policy = excluded.plugin_policy, updated_at = excluded.updated_at
      returning org_id, id
    ),
    heartbeat as (
      insert into workspace_heartbeats (org_id, workspace_id)
      select org_id, id from agent
      on conflict (org_id, workspace_id) do nothing
    ),
    released as (
      delete from org_plugin_allowlist
      where org_id = ${orgId}::uuid and root_id = any(${adoptedIds}::uuid[])
      returning plugin_name, root_id, enabled_by, enabled_at
    ),
    merged as (
      insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by, enabled_at)
      select distinct on (plugin_name) ${orgId}::uuid, ${agentId}::uuid, plugin_name, enabled_by, enabled_at
      from released
      order by plugin_name, ${survivorFirst(agentId)}
      on conflict (org_id, root_id, plugin_name) do nothing
      returning plugin_name
    ),
    moved as (
      update org_api_tokens
      set root_id = ${agentId}::uuid
      where org_id = ${orgId}::uuid and root_id = any(${adoptedIds}::uuid[])
      returning id
    ),
    adopted as (
      update workspaces
      set parent_id = ${agentId}::uuid, updated_at = statement_timestamp()
      where org_id = ${orgId}::uuid and id = any(${adoptedIds}::uuid[])
      returning id
    ),
    closed as (
      update organizations
      set open_roots = false, event_seq = event_seq + 1, updated_at = statement_timestamp()
      where id = ${orgId}::uuid
      returning id, event_seq
    )
    insert into org_events (org_id, seq, type, actor, subject_id, data)
    select id, event_seq, 'platform_agent.installed', ${actor}, ${agentId}::uuid, jsonb_build_object(
      'adoptedWorkspaces', array(select id from adopted order by id),
      'demotedAgent', ${demotedAgent?.id ?? null}::uuid,
      'movedTokens', (select count(*) from moved),
      'mergedPlugins', array(select plugin_name from merged order by plugin_name),
      'duplicatePlugins', array(
        select plugin_name
        from released
        left join merged using (plugin_name)
        group by plugin_name, merged.plugin_name
        having count(*) > count(distinct merged.plugin_name)
        order by plugin_name
      ),
      'previouslyOpenRoots', ${previouslyOpenIds}::uuid[]
    )
    from closed`;
}
