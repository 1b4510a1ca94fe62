import type { Transaction } from '../database/client.ts';
import type { OrganizationRow } from '../organizations/organization.sql.ts';
import { survivorFirst } from './plan.sql.ts';

/**
 * Reads the organization, without a lock, and forbids the rest of the transaction to write: PostgreSQL then refuses every
 * change, and `for update` as well. To be the first statement of its transaction. It does both, so that what a preview
 * promises costs no round trip of its own.
 */
export async function readOrganizationReadOnly(tx: Transaction, orgId: string): Promise<OrganizationRow | undefined> {
  const [organization] = await tx.$queryRaw<OrganizationRow[]>`
    select id, name, open_roots as "openRoots", set_config('transaction_read_only', 'on', true) as "readOnly"
    from organizations
    where id = ${orgId}::uuid`;
  return organization;
}

/** How many tokens hang on these roots, revoked and expired ones included: an install moves them all. */
export async function countTokens(tx: Transaction, orgId: string, rootIds: readonly string[]): Promise<number> {
  const [{ count }] = await tx.$queryRaw<[{ count: number }]>`
    select count(*)::int as count
    from org_api_tokens
    where org_id = ${orgId}::uuid and root_id = any(${rootIds}::uuid[])`;
  return count;
}

export interface AnchoredEntry {
  readonly plugin: string;
  readonly rootId: string;
  readonly enabledBy: string;
  readonly enabledAt: Date;
}

/** The entries of the agent and of these roots, by plugin; of those for one plugin that which survives comes first. */
export async function readEntries(
  tx: Transaction,
  orgId: string,
  agentId: string,
  rootIds: readonly string[],
): Promise<AnchoredEntry[]> {
  return tx.$queryRaw<AnchoredEntry[]>`
    select plugin_name as plugin, root_id as "rootId", enabled_by as "enabledBy", enabled_at as "enabledAt"
    from org_plugin_allowlist
    where org_id = ${orgId}::uuid and (root_id = ${agentId}::uuid or root_id = any(${rootIds}::uuid[]))
    order by plugin_name, ${survivorFirst(agentId)}`;
}
