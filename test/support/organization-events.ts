import type { AnswerError, ApiClient } from './api-client.ts';
import type { TestDatabase } from './database.ts';

const document = `
  subscription OrganizationEvents($orgId: ID!, $after: ID, $includeHeartbeats: Boolean! = false) {
    organizationEvents(orgId: $orgId, after: $after, includeHeartbeats: $includeHeartbeats) {
      id
      events { seq type subjectId }
      states { workspaceId status statusMessage lastHeartbeatAt }
    }
  }`;

export interface Update {
  readonly id: string;
  readonly events: readonly { readonly seq: string; readonly type: string; readonly subjectId: string | null }[];
  readonly states: readonly State[];
}

export interface State {
  readonly workspaceId: string;
  readonly status: string;
  readonly statusMessage: string | null;
  readonly lastHeartbeatAt: string | null;
}

export interface Follower {
  /** The next update. Throws when there is none, or errors instead. */
  next(): Promise<Update>;
  /** The updates up to the one that `isLast`, which sees all so far. */
  nextUntil(isLast: (updates: readonly Update[]) => boolean): Promise<Update[]>;
  /** The error that comes next, as the last message. */
  error(): Promise<AnswerError>;
  /** Fails unless it completes next, without an error. */
  completion(): Promise<void>;
  close(): Promise<void>;
}

interface FollowOptions {
  readonly after?: string | undefined;
  readonly includeHeartbeats?: boolean;
  /** The operator's unless given. */
  readonly token?: string;
}

/** Follows an organization as a client would. */
export async function follow(api: ApiClient, orgId: string, options: FollowOptions = {}): Promise<Follower> {
  const { token, ...args } = options;
  const subscription = await api.subscribe<{ organizationEvents: Update }>(document, { orgId, ...args }, token);

  const next = async (): Promise<Update> => {
    const told = await subscription.next();
    if (!told?.data || told.errors) throw new Error(`No update: ${JSON.stringify(told)}`);
    return told.data.organizationEvents;
  };
  return {
    next,
    async nextUntil(isLast) {
      const updates = [await next()];
      while (!isLast(updates)) updates.push(await next());
      return updates;
    },
    async error() {
      const told = await subscription.next();
      const [error] = told?.errors ?? [];
      if (error === undefined || told?.errors?.length !== 1 || told.data) {
        throw new Error(`Not one error: ${JSON.stringify(told)}`);
      }
      if ((await subscription.next()) !== undefined) throw new Error('Something was told behind the error');
      return error;
    },
    async completion() {
      const told = await subscription.next();
      if (told !== undefined) throw new Error(`Not completed: ${JSON.stringify(told)}`);
    },
    close: subscription.close,
  };
}

/** Adds so many events to those of the organization, as a foreign writer would. */
export async function insertEvents(database: TestDatabase, orgId: string, count: number): Promise<void> {
  await database.query(
    `with counted as (update organizations set event_seq = event_seq + $2 where id = $1 returning event_seq)
     insert into org_events (org_id, seq, type, actor)
     select $1, event_seq - $2 + number, 'workspace.renamed', 'fixture'
     from counted, generate_series(1, $2::int) number`,
    [orgId, count],
  );
}

/** The numbers of the events that updates tell, in their order. */
export function seqsOf(updates: readonly Update[]): number[] {
  return updates.flatMap(({ events }) => events.map(({ seq }) => Number(seq)));
}

/** Whether an update tells that the workspace has this status. */
export function tells(workspaceId: string, status: string) {
  return (updates: readonly Update[]) =>
    updates.some(({ states }) => states.some((state) => state.workspaceId === workspaceId && state.status === status));
}

/** The two halves of an update's id. */
export function partsOf(id: string): { seq: number; judgedAt: number } {
  const [seq, judgedAt] = id.split('-').map(Number);
  if (seq === undefined || judgedAt === undefined) throw new Error(`No id of an update: ${id}`);
  return { seq, judgedAt };
}
