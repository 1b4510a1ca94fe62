import type { Transaction } from '../database/client.ts';
import { inOneFlight } from '../database/flight.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { setName } from '../workspaces/workspace.sql.ts';
import { decideInstall } from './decision.ts';
import { platformAgentId } from './identity.ts';
import { demoteAgent, reopenRoots, writeInstall } from './install.sql.ts';
import { lockCandidates } from './plan.sql.ts';
import type { InstallPlan } from './plan.ts';

export interface Installation {
  readonly orgId: string;
  /** Left out: the organization's name and " Agent". A row that already bears the agent's id keeps its own. */
  readonly name?: string | undefined;
  readonly actor: string;
}

export interface Installed<Agent> {
  /** The agent as it was read. */
  readonly agent: Agent;
  /** False where the agent stood, or was removed, and was left as it was. */
  readonly changed: boolean;
}

/**
 * Makes the platform agent the single root of the organization's tree. Old roots become its children, and their tokens
 * and allowlist entries move to it; removed roots stay where they are. An agent that is installed, or removed, is left as
 * it is. Its id is returned.
 *
 * @throws OrganizationNotFoundError, NameConflictError; then nothing has changed
 */
export async function installPlatformAgent(tx: Transaction, installation: Installation): Promise<Installed<string>> {
  return installAndRead(tx, installation, async (agentId) => agentId);
}

/**
 * Does the same, and reads the agent, in two round trips. What does not need the answer to the statement before is sent
 * with it, and run behind it: the roots are locked, in a statement with a snapshot of its own, once the organization is;
 * and the agent is read once it is written.
 *
 * @param read reads the agent in the caller's transaction, by a raw statement: what Prisma has to plan first might be late
 */
export async function installAndRead<Agent>(
  tx: Transaction,
  { orgId, name, actor }: Installation,
  read: (agentId: string) => Promise<Agent>,
): Promise<Installed<Agent>> {
  const agentId = platformAgentId(orgId);
  const [organization, candidates] = await inOneFlight(
    () => lockOrganization(tx, orgId),
    () => lockCandidates(tx, orgId, agentId),
  );
  const { settled, plan } = await decideInstall(tx, organization, candidates, name);
  if (settled !== undefined) return { agent: await read(agentId), changed: false };
  if (plan.conflict !== undefined) throw plan.conflict.error;

  if (plan.demotedAgent !== undefined) {
    await replaceAgent(tx, orgId, plan, plan.demotedAgent.id, organization.openRoots, actor);
    return { agent: await read(agentId), changed: true };
  }
  const [, agent] = await inOneFlight(
    () => writeInstall(tx, orgId, plan, plan.agentName, actor),
    () => read(agentId),
  );
  return { agent, changed: true };
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
