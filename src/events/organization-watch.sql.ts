import type { PrismaClient } from '../generated/prisma/client.ts';
import type { WorkspaceStatus } from '../generated/prisma/enums.ts';
import type { OrganizationView } from './organization-view.ts';

type StateTuple = readonly [
  workspaceId: string,
  status: WorkspaceStatus,
  statusMessage: string | null,
  lastHeartbeatAt: string | null,
  evidenceAt: string,
];

/**
 * The newest event and all states of an organization; undefined when there is no such organization. It is one statement,
 * and so one snapshot: there is no order of reads in which a change could fall between two of them. The snapshot is taken
 * after `statement_timestamp()`, so that whatever it does not see was committed after `judgedAt`. The states come as one
 * array, which costs the process half of what as many rows do.
 */
export async function selectView(prisma: PrismaClient, orgId: string): Promise<OrganizationView | undefined> {
  const [view] = await prisma.$queryRaw<{ seq: bigint; judgedAt: bigint; states: StateTuple[] }[]>`
    select
      organization.event_seq as seq,
      (extract(epoch from statement_timestamp()) * 1000000)::bigint as "judgedAt",
      (
        select coalesce(json_agg(json_build_array(workspace_id, status, status_message, last_heartbeat_at, evidence_at)), '[]')
        from workspace_states
        where org_id = ${orgId}::uuid
      ) as states
    from organizations organization
    where organization.id = ${orgId}::uuid`;
  if (view === undefined) return undefined;
  const states = view.states.map(
    ([workspaceId, status, statusMessage, lastHeartbeatAt, evidenceAt]) =>
      [workspaceId, { orgId, workspaceId, status, statusMessage, lastHeartbeatAt, evidenceAt }] as const,
  );
  return { seq: view.seq, judgedAt: view.judgedAt, states: new Map(states) };
}

/** The number of an organization's newest event; undefined when there is no such organization. */
export async function selectEventSeq(prisma: PrismaClient, orgId: string): Promise<bigint | undefined> {
  const organization = await prisma.organization.findUnique({ where: { id: orgId }, select: { eventSeq: true } });
  return organization?.eventSeq;
}
