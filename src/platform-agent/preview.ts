import type { Transaction } from '../database/client.ts';
import { inOneFlight } from '../database/flight.ts';
import type { PluginPolicy } from '../generated/prisma/enums.ts';
import { OrganizationNotFoundError } from '../organizations/errors.ts';
import { decideInstall } from './decision.ts';
import type { InstallEffects } from './effects.ts';
import { platformAgentId } from './identity.ts';
import { readCandidates } from './plan.sql.ts';
import type { Candidate, InstallConflict, InstallPlan } from './plan.ts';
import { type AnchoredEntry, countTokens, readEntries, readOrganizationReadOnly } from './preview.sql.ts';

/** How an install would end. */
export type InstallOutcome = 'installs' | 'already_installed' | 'removed' | 'conflict';

/** An entry of the agent's allowlist as it will be, and those for the same plugin that will be dropped for it. */
export interface PreviewedEntry extends AnchoredEntry {
  readonly duplicates: readonly AnchoredEntry[];
}

/**
 * What an install would do now. With a conflict it tells what there is to do once that is out of the way; where there is
 * nothing to do, it shows the agent as it is.
 */
export interface Preview extends InstallEffects {
  readonly orgId: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly outcome: InstallOutcome;
  readonly conflict: InstallConflict | undefined;
  /** The agent's policy afterwards. */
  readonly pluginPolicy: PluginPolicy;
  /** The agent's allowlist afterwards, by plugin. */
  readonly allowlist: readonly PreviewedEntry[];
}

export interface PreviewedInstall {
  readonly orgId: string;
  /** As for the install: left out, the organization's name and " Agent". */
  readonly name?: string | undefined;
}

/**
 * Tells what `installPlatformAgent` would do now. It writes nothing, locks nothing and waits for nobody; the transaction
 * must be one that reads from a single snapshot, and is read-only from here on.
 *
 * @throws OrganizationNotFoundError
 */
export async function previewInstall(tx: Transaction, { orgId, name }: PreviewedInstall): Promise<Preview> {
  const [organization, candidates] = await inOneFlight(
    () => readOrganizationReadOnly(tx, orgId),
    () => readCandidates(tx, orgId, platformAgentId(orgId)),
  );
  if (organization === undefined) throw new OrganizationNotFoundError(orgId);
  const { settled, plan } = await decideInstall(tx, organization, candidates, name);
  return settled === undefined ? previewPlan(tx, orgId, plan) : previewSettled(tx, orgId, settled);
}

async function previewPlan(tx: Transaction, orgId: string, plan: InstallPlan): Promise<Preview> {
  const { agentId, agentName, pluginPolicy, adoptedIds, demotedAgent, previouslyOpenIds, conflict } = plan;
  const movedTokens = await countTokens(tx, orgId, adoptedIds);
  const allowlist = mergeEntries(await readEntries(tx, orgId, agentId, adoptedIds));
  const merged = allowlist.filter(({ rootId }) => rootId !== agentId);
  const duplicate = allowlist.filter(({ duplicates }) => duplicates.length > 0);
  return {
    orgId,
    agentId,
    agentName,
    outcome: conflict === undefined ? 'installs' : 'conflict',
    conflict,
    pluginPolicy,
    allowlist,
    adoptedWorkspaces: [...adoptedIds],
    demotedAgent: demotedAgent?.id ?? null,
    movedTokens,
    mergedPlugins: merged.map(({ plugin }) => plugin),
    duplicatePlugins: duplicate.map(({ plugin }) => plugin),
    previouslyOpenRoots: [...previouslyOpenIds],
  };
}

async function previewSettled(tx: Transaction, orgId: string, agent: Candidate): Promise<Preview> {
  return {
    orgId,
    agentId: agent.id,
    agentName: agent.name,
    outcome: agent.lifecycle === 'removed' ? 'removed' : 'already_installed',
    conflict: undefined,
    pluginPolicy: agent.pluginPolicy,
    allowlist: mergeEntries(await readEntries(tx, orgId, agent.id, [])),
    adoptedWorkspaces: [],
    demotedAgent: null,
    movedTokens: 0,
    mergedPlugins: [],
    duplicatePlugins: [],
    previouslyOpenRoots: [],
  };
}

/** Makes one of the entries for each plugin, which come one after the other, the surviving one first. */
function mergeEntries(entries: readonly AnchoredEntry[]): PreviewedEntry[] {
  const merged: (AnchoredEntry & { duplicates: AnchoredEntry[] })[] = [];
  for (const entry of entries) {
    const survivor = merged.at(-1);
    if (survivor?.plugin === entry.plugin) survivor.duplicates.push(entry);
    else merged.push({ ...entry, duplicates: [] });
  }
  return merged;
}
