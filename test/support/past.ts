import type { TestDatabase } from './database.ts';

/** In seconds. */
export const minute = 60;

/** What happened to the workspace, in seconds before now. */
export interface Past {
  lifecycle?: 'offline' | 'provisioning' | 'failed' | 'removed';
  lifecycleAgo?: number;
  lifecycleMessage?: string;
  seenAgo?: number;
  health?: 'healthy' | 'degraded';
  message?: string;
  reported?: 'offline' | 'provisioning' | 'failed';
  reportedAgo?: number;
  reportedMessage?: string;
}

/** Lets this have happened to the workspace, which has its heartbeat row. */
export async function writePast(database: TestDatabase, orgId: string, id: string, past: Past): Promise<void> {
  const { lifecycle = 'offline', lifecycleAgo = 24 * 60 * minute, seenAgo = null, health = 'healthy' } = past;
  // One transaction, so that now() is the same moment for both.
  await database.query(
    `with workspace as (
       update workspaces set lifecycle = $3, lifecycle_at = now() - make_interval(secs => $4), lifecycle_message = $5
       where org_id = $1 and id = $2
     )
     update workspace_heartbeats
     set last_seen_at = now() - make_interval(secs => $6::float8), health = $7, message = $8, reported_lifecycle = $9,
         reported_at = now() - make_interval(secs => $10::float8), reported_message = $11
     where org_id = $1 and workspace_id = $2`,
    [
      orgId,
      id,
      lifecycle,
      lifecycleAgo,
      past.lifecycleMessage ?? null,
      seenAgo,
      health,
      past.message ?? null,
      past.reported ?? null,
      past.reportedAgo ?? null,
      past.reportedMessage ?? null,
    ],
  );
}
