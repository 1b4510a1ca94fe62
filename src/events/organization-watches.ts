import { AsyncResource } from 'node:async_hooks';
import { Semaphore } from 'async-mutex';
import { ServiceUnavailableError } from '../database/errors.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Logger } from '../logger.ts';
import { OrganizationNotFoundError } from '../organizations/errors.ts';
import type { Caller } from '../tokens/authenticate.ts';
import { selectEventSeq } from './organization-watch.sql.ts';
import { createOrganizationWatch, type OrganizationWatch } from './organization-watch.ts';
import { createSubscriber, type OrganizationUpdate, type Subscriber } from './subscriber.ts';
import { parseUpdateId, UnknownUpdateError } from './update-id.ts';

export interface Subscription {
  readonly orgId: string;
  /** The id of the last update that the subscriber had. Null: it begins now. */
  readonly after: string | null;
  readonly includeHeartbeats: boolean;
  readonly caller: Caller;
}

export interface OrganizationWatches {
  /**
   * What is new in an organization, from now or from an earlier update on. The first update comes at once, and then one
   * whenever there is something new, or nothing was for a while. An outage of the database only holds them up. It ends with
   * UnauthenticatedError when the caller's token is no longer valid, with another DomainError when it cannot go on, and
   * without one when the server stops. Nothing is done before the first update is asked for, nor after `return`.
   *
   * @throws OrganizationNotFoundError, UnknownUpdateError, ServiceUnavailableError (the server is stopping)
   */
  subscribe(subscription: Subscription): Promise<AsyncIterableIterator<OrganizationUpdate>>;
  /** Ends all subscriptions at once, and takes no more. */
  close(): void;
}

export interface WatchTimes {
  /** Milliseconds between two looks at an organization. */
  readonly tickMs: number;
  /** Milliseconds after which a subscriber is sent an update even if there is nothing new. */
  readonly pulseMs: number;
}

const usualTimes: WatchTimes = { tickMs: 2_000, pulseMs: 10_000 };

/** Connections of the pool that all watches together take at most: they may be late, and requests go first. */
const maxConnections = 2;

/**
 * All that is watched in this process: each organization once, while it has subscribers. Servers share nothing but the
 * database, and ask it again and again: that works with any number of them, and through any pooler.
 */
export function createOrganizationWatches(
  prisma: PrismaClient,
  log: Logger,
  { tickMs, pulseMs }: WatchTimes = usualTimes,
): OrganizationWatches {
  const watches = new Map<string, OrganizationWatch>();
  const turns = new Semaphore(maxConnections);
  const reportOutages = createOutageReport(log);
  let closed = false;
  // A watch is no part of the request that it was started by, under whose id it would log.
  const start = AsyncResource.bind((watch: OrganizationWatch) => watch.run());

  const createWatch = (orgId: string): OrganizationWatch =>
    createOrganizationWatch({
      prisma,
      orgId,
      tickMs,
      inTurn: (look) => turns.runExclusive(look),
      onTick: (error) => reportOutages(orgId, error),
      onEnd: () => {
        watches.delete(orgId);
        reportOutages(orgId);
      },
    });

  const join = (orgId: string, subscriber: Subscriber): void => {
    if (closed) subscriber.end();
    if (subscriber.hasEnded) return;
    const known = watches.get(orgId);
    const watch = known ?? createWatch(orgId);
    watches.set(orgId, watch);
    watch.join(subscriber);
    if (known === undefined) void start(watch);
  };

  return {
    async subscribe({ orgId, after, includeHeartbeats, caller }) {
      if (closed) throw new ServiceUnavailableError('The server is stopping. Subscribe again in a moment.');
      const lastUpdate = after === null ? undefined : parseUpdateId(after);
      const seq = await selectEventSeq(prisma, orgId);
      if (seq === undefined) throw new OrganizationNotFoundError(orgId);
      if (lastUpdate !== undefined && lastUpdate.seq > seq) throw new UnknownUpdateError();

      const subscriber = createSubscriber({
        orgId,
        after: lastUpdate,
        includeHeartbeats,
        tokenId: caller.kind === 'organization' ? caller.tokenId : undefined,
        // It is shown something every `tickMs`: a silence is broken by the last time before it gets too long.
        silenceMs: pulseMs - tickMs,
      });
      return iterate(
        subscriber,
        () => join(orgId, subscriber),
        () => watches.get(orgId)?.leave(subscriber),
      );
    },
    close() {
      closed = true;
      for (const watch of watches.values()) watch.end();
    },
  };
}

/** The updates of a subscriber. An async generator would not do: its `return` waits for the update that is awaited. */
function iterate(
  subscriber: Subscriber,
  join: () => void,
  leave: () => void,
): AsyncIterableIterator<OrganizationUpdate> {
  let hasJoined = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (!hasJoined) join();
      hasJoined = true;
      const value = await subscriber.next();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    async return() {
      subscriber.end();
      leave();
      return { done: true, value: undefined };
    },
  };
}

/** Logs when the first organization cannot be read, and when all can be again. */
function createOutageReport(log: Logger): (orgId: string, error?: unknown) => void {
  const unread = new Set<string>();
  return (orgId, error) => {
    if (error === undefined) {
      if (unread.delete(orgId) && unread.size === 0) log.info('Subscribers are told what is new again');
      return;
    }
    if (unread.size === 0) log.warn({ err: error }, 'Subscribers cannot be told what is new; it is tried again');
    unread.add(orgId);
  };
}
