import type { Transaction } from '../database/client.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { NameConflictError } from '../workspaces/errors.ts';
import { setName } from '../workspaces/workspace.sql.ts';
import { defaultAgentName, platformAgentId } from './identity.ts';
import { demoteAgent, findNamesakeBelow, lockCandidates, reopenRoots, writeInstall } from './install.sql.ts';
import { type InstallPlan, planInstall } from './plan.ts';
import { isSettled } from './settled.ts';

export interface Installation {
  readonly orgId: string;
  /** Left out: the organization's name and " Agent". A row that already bears the agent's id keeps its own. */
  readonly name?: string | undefined;
  readonly actor: string;
}

/**
 * Makes the platform agent the single root of the organization's tree, and returns its id. Old roots become its
 * children, and their tokens and allowlist entries move to it; removed roots stay where they are. An agent that is
 * installed, or removed, is left as it is.
 *
 * @throws OrganizationNotFoundError, NameConflictError; then nothing has changed
 */
export async function installPlatformAgent(tx: Transaction, { orgId, name, actor }: Installation): Promise<string> {
  const organization = await lockOrganization(tx, orgId);
  const agentId = platformAgentId(orgId);
  const candidates = await lockCandidates(tx, orgId, agentId);
  const existing = candidates.find(({ id }) => id === agentId);
  if (isSettled(existing, organization.openRoots)) return agentId;

  const plan = planInstall(candidates, agentId, name ?? defaultAgentName(organization.name));
  if (existing !== undefined) await refuseNamesakesBelow(tx, orgId, plan);
  if (plan.demotedAgent === undefined) {
    await writeInstall(tx, orgId, plan, plan.agentName, actor);
  } else {
    await replaceAgent(tx, orgId, plan, plan.demotedAgent.id, organization.openRoots, actor);
  }
  return agentId;
}

/** A row of the agent's id may have children already, and two of one name cannot stand under it. */
async function refuseNamesakesBelow(tx: Transaction, orgId: string, plan: InstallPlan): Promise<void> {
  const namesake = await findNamesakeBelow(tx, orgId, plan.agentId, plan.adoptedIds);
  if (namesake === undefined) return;
  const advice = `Rename it, or root ${namesake.workspaceId}: both would stand under the platform agent.`;
  throw new NameConflictError({ name: namesake.name, workspaceId: namesake.childId, advice });
}

/**
 * The rare path: another platform agent is the root. It has to be an ordinary root before it can be adopted, which an
 * installed organization allows only when it is open; and while it bears the new agent's name, that one waits under
 * its id.
 */
async function replaceAgent(
  tx: Transaction,
  orgId: string,
  plan: InstallPlan,
  demotedId: string,
  openRoots: boolean,
  actor: string,
): Promise<void> {
  if (!openRoots) await reopenRoots(tx, orgId);
  await demoteAgent(tx, orgId, demotedId);
  if (!plan.demotedBearsName) return writeInstall(tx, orgId, plan, plan.agentName, actor);
  await setName(tx, orgId, plan.agentId, plan.agentId);
  await writeInstall(tx, orgId, plan, plan.agentId, actor);
  await setName(tx, orgId, plan.agentId, plan.agentName);
}
