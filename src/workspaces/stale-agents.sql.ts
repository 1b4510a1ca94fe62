import type { PrismaClient } from '../generated/prisma/client.ts';

/**
 * How many workspaces were heard once, are not removed, and are silent for longer than the liveness window. It looks at those of
 * all organizations: no index may help, for a heartbeat that had one to keep would no longer be a heap-only update.
 */
export async function countStaleAgents(prisma: PrismaClient): Promise<number> {
  const [counted] = await prisma.$queryRaw<[{ count: number }]>`
    select count(*)::int as count
    from workspace_states
    cross join status_windows
    where status in ('offline', 'provisioning', 'failed')
      and last_heartbeat_at <= statement_timestamp() - make_interval(secs => liveness_seconds)`;
  return counted.count;
}
