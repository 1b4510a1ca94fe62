import type { Prisma } from '../generated/prisma/client.ts';
import { platformAgentId } from './identity.ts';
import type { Candidate } from './plan.ts';

/** Whether there is nothing to install: the agent stands as the only root, or is a tombstone that only a restore wakes. */
export function isSettled<Agent extends Pick<Candidate, 'kind' | 'lifecycle'>>(
  agent: Agent | null | undefined,
  openRoots: boolean,
): agent is Agent {
  return agent != null && (agent.lifecycle === 'removed' || (agent.kind === 'platform' && !openRoots));
}

/** The same as a filter: the one read that answers an install where there is nothing to do. */
export function settledAgent(orgId: string) {
  return {
    orgId_id: { orgId, id: platformAgentId(orgId) },
    OR: [{ lifecycle: 'removed' }, { kind: 'platform', organization: { openRoots: false } }],
  } satisfies Prisma.WorkspaceWhereUniqueInput;
}
