import type { Transaction } from '../database/client.ts';

/** What moving the anchors of a root did. */
export interface MovedAnchors {
  readonly movedTokens: number;
  /** Plugins that the new root did not list before. */
  readonly mergedPlugins: string[];
  /** Plugins that both listed: the new root's entry stays. */
  readonly duplicatePlugins: string[];
}

/**
 * Moves what hangs on a root that is about to become a branch: tokens, allowlist entries with their provenance, and a
 * policy of `allow_listed`. Both must be locked with their organization. The install moves the anchors of many roots at
 * once by the same rules, in `install.sql.ts`.
 */
export async function moveAnchors(
  tx: Transaction,
  orgId: string,
  fromRootId: string,
  toRootId: string,
): Promise<MovedAnchors> {
  const [moved] = await tx.$queryRaw<[MovedAnchors]>`
    with released as (
      delete from org_plugin_allowlist
      where org_id = ${orgId}::uuid and root_id = ${fromRootId}::uuid
      returning plugin_name, enabled_by, enabled_at
    ),
    merged as (
      insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by, enabled_at)
      select ${orgId}::uuid, ${toRootId}::uuid, plugin_name, enabled_by, enabled_at from released
      on conflict (org_id, root_id, plugin_name) do nothing
      returning plugin_name
    ),
    moved as (
      update org_api_tokens
      set root_id = ${toRootId}::uuid
      where org_id = ${orgId}::uuid and root_id = ${fromRootId}::uuid
      returning id
    ),
    restricted as (
      update workspaces
      set plugin_policy = 'allow_listed', updated_at = statement_timestamp()
      where org_id = ${orgId}::uuid and id = ${toRootId}::uuid and plugin_policy <> 'allow_listed'
        and exists (
          select from workspaces old
          where old.org_id = ${orgId}::uuid and old.id = ${fromRootId}::uuid and old.plugin_policy = 'allow_listed'
        )
    )
    select
      (select count(*)::int from moved) as "movedTokens",
      array(select plugin_name from merged order by plugin_name) as "mergedPlugins",
      array(select plugin_name from released except select plugin_name from merged order by plugin_name) as "duplicatePlugins"`;
  return moved;
}
