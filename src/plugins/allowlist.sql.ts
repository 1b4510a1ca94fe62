import type { Transaction } from '../database/client.ts';
import type { PluginPolicy } from '../generated/prisma/enums.ts';

export interface AllowlistKey {
  readonly orgId: string;
  readonly rootId: string;
  readonly plugin: string;
}

/** Adds an entry unless the root has it: then the old one stays, with its provenance. Tells whether it added one. */
export async function insertEntry(
  tx: Transaction,
  { orgId, rootId, plugin }: AllowlistKey,
  enabledBy: string,
): Promise<boolean> {
  const inserted = await tx.$queryRaw<{ plugin_name: string }[]>`
    insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by)
    values (${orgId}::uuid, ${rootId}::uuid, ${plugin}, ${enabledBy})
    on conflict (org_id, root_id, plugin_name) do nothing
    returning plugin_name`;
  return inserted.length === 1;
}

/** Deletes an entry. Tells whether there was one. */
export async function deleteEntry(tx: Transaction, { orgId, rootId, plugin }: AllowlistKey): Promise<boolean> {
  const deleted = await tx.$queryRaw<{ plugin_name: string }[]>`
    delete from org_plugin_allowlist
    where org_id = ${orgId}::uuid and root_id = ${rootId}::uuid and plugin_name = ${plugin}
    returning plugin_name`;
  return deleted.length === 1;
}

/** Sets the policy of a root. */
export async function updatePolicy(
  tx: Transaction,
  orgId: string,
  rootId: string,
  policy: PluginPolicy,
): Promise<void> {
  await tx.$executeRaw`
    update workspaces
    set plugin_policy = ${policy}::plugin_policy, updated_at = statement_timestamp()
    where org_id = ${orgId}::uuid and id = ${rootId}::uuid`;
}

/**
 * Whether a workspace may use a plugin: its root admits all, or lists it. False whenever the way up to a live root is
 * broken: by a removed workspace, or by a cycle. Undefined when there is no such workspace.
 */
export async function selectPluginAllowed(
  tx: Transaction,
  orgId: string,
  workspaceId: string,
  plugin: string,
): Promise<boolean | undefined> {
  const [answer] = await tx.$queryRaw<[{ found: boolean; allowed: boolean }]>`
    with recursive up as (
      select id, parent_id, root_id, lifecycle, plugin_policy
      from workspaces
      where org_id = ${orgId}::uuid and id = ${workspaceId}::uuid
      union all
      select parent.id, parent.parent_id, parent.root_id, parent.lifecycle, parent.plugin_policy
      from up
      join workspaces parent on parent.org_id = ${orgId}::uuid and parent.id = up.parent_id
    ) cycle id set is_cycle using visited
    select
      exists (select from up) as found,
      coalesce(bool_and(lifecycle <> 'removed') and bool_or(root_id is not null and (
        plugin_policy = 'allow_all' or exists (
          select from org_plugin_allowlist entry
          where entry.org_id = ${orgId}::uuid and entry.root_id = up.root_id and entry.plugin_name = ${plugin}
        )
      )), false) as allowed
    from up`;
  return answer.found ? answer.allowed : undefined;
}
