import type { Transaction } from '../database/client.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { setName } from '../workspaces/workspace.sql.ts';
import { decideInstall } from './decision.ts';
import { demoteAgent, reopenRoots, writeInstall } from './install.sql.ts';
import { lockCandidates } from './plan.sql.ts';
import type { InstallPlan } from './plan.ts';

export interface Installation {
  readonly orgId: string;
  /** Left out: the organization's name and " Agent". A row that already bears the agent's id keeps its own. */
  readonly name?: string | undefined;
  readonly actor: string;
}

export interface Installed {
  readonly agentId: string;
  /** False where the agent stood, or was removed, and was left as it was. */
  readonly changed: boolean;
}

/**
 * Makes the platform agent the single root of the organization's tree. Old roots become its children, and their tokens
 * and allowlist entries move to it; removed roots stay where they are. An agent that is installed, or removed, is left as
 * it is.
 *
 * @throws OrganizationNotFoundError, NameConflictError; then nothing has changed
 */
export async function installPlatformAgent(tx: Transaction, { orgId, name, actor }: Installation): Promise<Installed> {
  const organization = await lockOrganization(tx, orgId);
  const { settled, plan } = await decideInstall(tx, organization, name, lockCandidates);
  if (settled !== undefined) return { agentId: settled.id, changed: false };
  if (plan.conflict !== undefined) throw plan.conflict.error;

  if (plan.demotedAgent === undefined) {
    await writeInstall(tx, orgId, plan, plan.agentName, actor);
  } else {
    await replaceAgent(tx, orgId, plan, plan.demotedAgent.id, organization.openRoots, actor);
  }
  return { agentId: plan.agentId, changed: true };
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
