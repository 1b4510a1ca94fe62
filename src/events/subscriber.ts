import { DomainError } from '../domain-error.ts';
import { type ChangedStates, changedSince, type OrganizationView, type WorkspaceState } from './organization-view.ts';
import { formatUpdateId, UnknownUpdateError, type UpdateId } from './update-id.ts';

/** What is new in an organization since the update before. */
export interface OrganizationUpdate {
  readonly orgId: string;
  readonly id: string;
  /** The moment that it is true of: microseconds since the epoch, on the database's clock. */
  readonly judgedAt: bigint;
  /** Its events: all those numbered higher than `behind`, up to `upTo`. They are read when the client asks for them. */
  readonly events: { readonly behind: bigint; readonly upTo: bigint };
  readonly states: readonly WorkspaceState[];
}

export interface SubscriberOptions {
  readonly orgId: string;
  /** Where it left off. Undefined: it begins now. */
  readonly after: UpdateId | undefined;
  /** Whether it is also told of workspaces that were merely heard. */
  readonly includeHeartbeats: boolean;
  /** The token that it is there by; undefined for the operator's, which stays valid. */
  readonly tokenId: string | undefined;
  /** Milliseconds without news after which it is sent an empty update. */
  readonly silenceMs: number;
}

/** One who is told what is new, as fast as it asks for it. What it has not taken yet is kept as one update. */
export interface Subscriber {
  readonly tokenId: string | undefined;
  /** Whether it has been shown a view. The first is what it begins with, or resumes from. */
  readonly hasBegun: boolean;
  /** Whether it is to be shown no more. */
  readonly hasEnded: boolean;
  /** Shows it what is there now, and what of that has changed since the view before. */
  show(view: OrganizationView, changes: ChangedStates): void;
  /** The last thing it is told is this error, or nothing. What it has not taken yet, it will not be told. */
  end(error?: Error): void;
  /** The next update once there is one; undefined when it has ended. */
  next(): Promise<OrganizationUpdate | undefined>;
}

/** Events, and states, that one update tells at most. */
const maxTold = 500;
/** Events that may happen before a subscriber has taken them. */
const maxEventsBehind = 5_000n;

/** More has happened than the subscriber took in time. */
class FellBehindError extends DomainError {
  readonly code = 'LIMIT_EXCEEDED';

  constructor() {
    super(
      `More than ${maxEventsBehind} events happened before they were taken. Subscribe again after the last update, and take updates faster.`,
      { limit: Number(maxEventsBehind) },
    );
  }
}

/** A subscriber that nobody has shown anything yet. */
export function createSubscriber(options: SubscriberOptions): Subscriber {
  const { orgId, after, includeHeartbeats, tokenId, silenceMs } = options;
  const changed = new Set<string>();
  let view: OrganizationView | undefined;
  let ended: { error?: Error | undefined } | undefined;
  let wake: (() => void) | undefined;
  /** Up to where it has been told everything: what its next id says. */
  let told: UpdateId = { seq: 0n, judgedAt: 0n };
  /** The newest event when it came. */
  let joined = 0n;
  /** Whether it is told even if there is nothing: the first time, and after a silence. */
  let isDue = true;
  let takenAt = performance.now();

  const hasNews = (): boolean => view !== undefined && (isDue || changed.size > 0 || told.seq < view.seq);

  const take = (from: OrganizationView): OrganizationUpdate => {
    const ids = [...changed].slice(0, maxTold);
    for (const id of ids) changed.delete(id);
    const behind = told.seq;
    const upTo = smaller(from.seq, behind + BigInt(maxTold));
    // While states are left over, whoever resumes needs all that changed since the last time that none was.
    told = { seq: upTo, judgedAt: changed.size === 0 ? from.judgedAt : told.judgedAt };
    isDue = false;
    takenAt = performance.now();
    const states = ids.flatMap((id) => from.states.get(id) ?? []);
    return { orgId, id: formatUpdateId(told), judgedAt: from.judgedAt, events: { behind, upTo }, states };
  };

  const subscriber: Subscriber = {
    tokenId,
    get hasBegun() {
      return view !== undefined;
    },
    get hasEnded() {
      return ended !== undefined;
    },
    show(next, changes) {
      if (view === undefined) {
        joined = next.seq;
        told = after ?? next;
        if (after !== undefined) for (const id of changedSince(next, after.judgedAt)) changed.add(id);
      } else {
        for (const id of changes.changed) changed.add(id);
        if (includeHeartbeats) for (const id of changes.heard) changed.add(id);
      }
      view = next;
      // A database that was set back, by a failover say, does not know what the subscriber knows.
      if (told.seq > next.seq) return subscriber.end(new UnknownUpdateError());
      // One that resumes may have as much to catch up on as there is: none of it is kept here.
      if (next.seq - larger(told.seq, joined) > maxEventsBehind) return subscriber.end(new FellBehindError());
      if (performance.now() - takenAt >= silenceMs) isDue = true;
      if (hasNews()) wake?.();
    },
    end(error) {
      ended ??= { error };
      wake?.();
    },
    async next() {
      while (ended === undefined && !hasNews()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (ended !== undefined) {
        const { error } = ended;
        ended = {};
        if (error !== undefined) throw error;
        return undefined;
      }
      return view && take(view);
    },
  };
  return subscriber;
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
