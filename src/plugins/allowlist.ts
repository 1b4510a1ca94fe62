import type { Transaction } from '../database/client.ts';
import { appendEvent } from '../events/append-event.ts';
import type { PluginPolicy } from '../generated/prisma/enums.ts';
import { lockOrganization, requireOrganization } from '../organizations/organization.sql.ts';
import { WorkspaceNotFoundError } from '../workspaces/errors.ts';
import { resolveRoot } from '../workspaces/resolve-root.ts';
import { deleteEntry, insertEntry, selectPluginAllowed, updatePolicy } from './allowlist.sql.ts';

export interface PluginOnRoot {
  readonly orgId: string;
  readonly plugin: string;
  /** Left out: the only live root. */
  readonly rootId?: string | undefined;
  readonly actor: string;
}

/**
 * Puts a plugin on a root's allowlist and returns the root's id. An entry that is there stays as it is.
 *
 * @throws OrganizationNotFoundError, and what `resolveRoot` throws
 */
export async function allowPlugin(tx: Transaction, { orgId, plugin, rootId, actor }: PluginOnRoot): Promise<string> {
  await lockOrganization(tx, orgId);
  const root = await resolveRoot(tx, orgId, rootId);
  if (await insertEntry(tx, { orgId, rootId: root.id, plugin }, actor)) {
    await appendEvent(tx, { orgId, type: 'plugin.allowed', actor, subjectId: root.id, data: { plugin } });
  }
  return root.id;
}

/**
 * Takes a plugin off a root's allowlist. Tells whether it was on it. The policy stays, so that a root whose last entry
 * goes is not opened by that.
 *
 * @throws OrganizationNotFoundError, and what `resolveRoot` throws
 */
export async function disallowPlugin(
  tx: Transaction,
  { orgId, plugin, rootId, actor }: PluginOnRoot,
): Promise<boolean> {
  await lockOrganization(tx, orgId);
  const root = await resolveRoot(tx, orgId, rootId);
  const deleted = await deleteEntry(tx, { orgId, rootId: root.id, plugin });
  if (deleted) await appendEvent(tx, { orgId, type: 'plugin.disallowed', actor, subjectId: root.id, data: { plugin } });
  return deleted;
}

export interface PolicyOnRoot {
  readonly orgId: string;
  readonly policy: PluginPolicy;
  /** Left out: the only live root. */
  readonly rootId?: string | undefined;
  readonly actor: string;
}

/**
 * Says whether a root admits every plugin or only those on its allowlist, and returns the root's id.
 *
 * @throws OrganizationNotFoundError, and what `resolveRoot` throws
 */
export async function setPluginPolicy(
  tx: Transaction,
  { orgId, policy, rootId, actor }: PolicyOnRoot,
): Promise<string> {
  await lockOrganization(tx, orgId);
  const root = await resolveRoot(tx, orgId, rootId);
  if (root.pluginPolicy !== policy) {
    await updatePolicy(tx, orgId, root.id, policy);
    const data = { from: root.pluginPolicy, to: policy };
    await appendEvent(tx, { orgId, type: 'plugin_policy.set', actor, subjectId: root.id, data });
  }
  return root.id;
}

/**
 * Whether a workspace may use a plugin. A broken way up to a live root means no.
 *
 * @throws OrganizationNotFoundError, WorkspaceNotFoundError
 */
export async function isPluginAllowed(
  tx: Transaction,
  orgId: string,
  workspaceId: string,
  plugin: string,
): Promise<boolean> {
  const allowed = await selectPluginAllowed(tx, orgId, workspaceId, plugin);
  if (allowed !== undefined) return allowed;
  await requireOrganization(tx, orgId);
  throw new WorkspaceNotFoundError(orgId, workspaceId);
}
