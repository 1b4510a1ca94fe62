import { setTimeout as delay } from 'node:timers/promises';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { OrganizationNotFoundError } from '../organizations/errors.ts';
import { selectValidTokens } from '../tokens/api-token.sql.ts';
import { UnauthenticatedError } from '../tokens/authenticate.ts';
import { compareViews, type OrganizationView } from './organization-view.ts';
import { selectView } from './organization-watch.sql.ts';
import type { Subscriber } from './subscriber.ts';

export interface OrganizationWatchOptions {
  readonly prisma: PrismaClient;
  readonly orgId: string;
  /** Milliseconds between two looks at the database. */
  readonly tickMs: number;
  /** Runs a look at the database once it is this watch's turn. */
  readonly inTurn: (look: () => Promise<void>) => Promise<void>;
  /** Told how a look went: with an error when the database could not be read. */
  readonly onTick: (error?: unknown) => void;
  /** Called when no subscriber is left, and it looks no more. */
  readonly onEnd: () => void;
}

/** One organization, watched for all its subscribers in this process. */
export interface OrganizationWatch {
  join(subscriber: Subscriber): void;
  leave(subscriber: Subscriber): void;
  /** Ends all subscribers, and so itself. */
  end(): void;
  /** Looks at the database at once and then from time to time, until no subscriber is left. */
  run(): Promise<void>;
}

/**
 * Watches one organization. What makes sure that a subscriber misses no change, and is told no event twice:
 *
 * - A look reads everything before it shows anything, and then shows it to all at once: one that fails has not happened.
 * - A subscriber begins with the very view that later ones are compared with for it. Two reads, its own and the watch's,
 *   would leave a gap between them, into which a change could fall.
 * - That view is read after it came. Of an earlier one it might already know more, from another server.
 * - Whether tokens are valid is read after the view: none is shown what happened after it was revoked.
 */
export function createOrganizationWatch(options: OrganizationWatchOptions): OrganizationWatch {
  const { prisma, orgId, tickMs, inTurn, onTick, onEnd } = options;
  const subscribers = new Set<Subscriber>();
  let view: OrganizationView | undefined;
  let pause = new AbortController();

  const look = async (): Promise<void> => {
    const present = [...subscribers];
    const next = await selectView(prisma, orgId);
    const tokenIds = present.flatMap(({ tokenId }) => tokenId ?? []);
    const valid = tokenIds.length === 0 ? new Set() : await selectValidTokens(prisma, orgId, tokenIds);
    const changes = view && next ? compareViews(view, next) : { changed: [], heard: [] };
    view = next;
    for (const subscriber of present) {
      if (subscriber.tokenId !== undefined && !valid.has(subscriber.tokenId))
        subscriber.end(new UnauthenticatedError());
      else if (next === undefined) subscriber.end(new OrganizationNotFoundError(orgId));
      else if (!subscriber.hasEnded) subscriber.show(next, changes);
      if (subscriber.hasEnded) subscribers.delete(subscriber);
    }
  };

  const wait = async (): Promise<void> => {
    pause = new AbortController();
    await delay(tickMs, undefined, { signal: pause.signal }).catch(() => undefined);
  };

  return {
    join(subscriber) {
      subscribers.add(subscriber);
      pause.abort();
    },
    leave(subscriber) {
      subscribers.delete(subscriber);
      if (subscribers.size === 0) pause.abort();
    },
    end() {
      for (const subscriber of subscribers) subscriber.end();
      subscribers.clear();
      pause.abort();
    },
    async run() {
      while (subscribers.size > 0) {
        const error = await inTurn(look).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        // Without subscribers nobody waits for it, and the database may be gone for good.
        if (subscribers.size === 0) break;
        onTick(error);
        const someoneCame = [...subscribers].some(({ hasBegun }) => !hasBegun);
        if (error !== undefined || !someoneCame) await wait();
      }
      onEnd();
    },
  };
}
