import type { Transaction } from '../database/client.ts';
import type { OrganizationRow } from '../organizations/organization.sql.ts';
import { defaultAgentName, platformAgentId } from './identity.ts';
import { findNamesakeBelow } from './plan.sql.ts';
import { type Candidate, type InstallPlan, planInstall } from './plan.ts';
import { isSettled } from './settled.ts';

/** What an install finds: that there is nothing to do for it, or what there is. */
export type Decision =
  | { readonly settled: Candidate; readonly plan?: undefined }
  | { readonly settled?: undefined; readonly plan: InstallPlan };

/**
 * Decides between doing nothing and a plan. An install asks this with what it has locked, a preview with what it has read;
 * all else is the same for both, so that they cannot disagree.
 *
 * @param candidates those of the organization: every live root, and the row of the agent's id where there is one
 * @param name what the caller wants the agent to be called; undefined for its default name
 */
export async function decideInstall(
  tx: Transaction,
  organization: OrganizationRow,
  candidates: readonly Candidate[],
  name: string | undefined,
): Promise<Decision> {
  const orgId = organization.id;
  const agentId = platformAgentId(orgId);
  const existing = candidates.find(({ id }) => id === agentId);
  if (isSettled(existing, organization.openRoots)) return { settled: existing };

  const rootIds = candidates.flatMap(({ id }) => (id === agentId ? [] : [id]));
  const namesake = existing && (await findNamesakeBelow(tx, orgId, agentId, rootIds));
  return { plan: planInstall(candidates, agentId, name ?? defaultAgentName(organization.name), namesake) };
}
