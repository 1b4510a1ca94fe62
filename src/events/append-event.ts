import type { Transaction } from '../database/client.ts';

/** What can happen to an organization. */
export type EventType =
  | 'organization.created'
  | 'platform_agent.installed'
  | 'workspace.created'
  | 'workspace.moved'
  | 'workspace.renamed'
  | 'workspace.removed'
  | 'workspace.restored'
  | 'plugin.allowed'
  | 'plugin.disallowed'
  | 'plugin_policy.set'
  | 'api_token.created'
  | 'api_token.revoked';

export interface NewEvent {
  readonly orgId: string;
  readonly type: EventType;
  /** Who did it, as `actorOf` names a caller. */
  readonly actor: string;
  /** The workspace or token that it happened to; none when it is the organization itself. */
  readonly subjectId?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * Writes the event in the transaction of the change it tells. The counter on the organization's row numbers it: whoever
 * counts holds that row until commit, so the numbers have no gap and stand in commit order.
 */
export async function appendEvent(tx: Transaction, event: NewEvent): Promise<void> {
  await tx.$executeRaw`
    with counted as (
      update organizations
      set event_seq = event_seq + 1
      where id = ${event.orgId}::uuid
      returning id, event_seq
    )
    insert into org_events (org_id, seq, type, actor, subject_id, data)
    select id, event_seq, ${event.type}, ${event.actor}, ${event.subjectId ?? null}::uuid, ${JSON.stringify(event.data ?? {})}::jsonb
    from counted`;
}
