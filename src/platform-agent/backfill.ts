import { persistently } from '../database/persistently.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { OrganizationRow } from '../organizations/organization.sql.ts';
import { readOrganizationPage } from './backfill.sql.ts';
import { backfillOrganization, type Outcome } from './backfill-organization.ts';
import { isSettled } from './settled.ts';

/** How many organizations are read at once. No more than these are ever held. */
export const pageSize = 1_000;

export interface BackfillOptions {
  /** True previews each install instead, and writes nothing. */
  readonly dryRun: boolean;
  /** How many organizations are worked on at once. The pool needs one connection for each, and one for the pages. */
  readonly concurrency: number;
  /** Aborted: no further organization is begun. */
  readonly signal: AbortSignal;
  /** Told what became of each organization, one after the other. */
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * Goes through all organizations, and installs the agent of each that lacks it. An organization that cannot be is an
 * outcome, not an end. Begun again after a stop it does nothing twice, for what has its agent is passed by.
 *
 * @returns false when it was stopped by the signal before it came to the end
 * @throws {DatabaseLostError} when the database cannot be reached any more
 */
export async function backfill(prisma: PrismaClient, options: BackfillOptions): Promise<boolean> {
  const { dryRun, concurrency, signal, onOutcome } = options;
  const waiting = waitingOrganizations(prisma, signal, onOutcome);
  const work = async () => {
    // All workers draw from the same iterator, which reads the next page when the last organization is taken.
    for await (const organization of waiting) onOutcome(await backfillOrganization(prisma, organization, dryRun));
  };
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return !signal.aborted;
}

/** Those that lack their agent, in the order of their ids. The others are told of as they are passed. */
async function* waitingOrganizations(
  prisma: PrismaClient,
  signal: AbortSignal,
  onOutcome: BackfillOptions['onOutcome'],
): AsyncGenerator<OrganizationRow> {
  let last: string | undefined;
  for (;;) {
    const page = await persistently(prisma, () => readOrganizationPage(prisma, last, pageSize));
    for (const organization of page) {
      if (signal.aborted) return;
      const { agent, openRoots } = organization;
      if (isSettled(agent, openRoots)) onOutcome({ kind: agent.lifecycle === 'removed' ? 'removed' : 'settled' });
      else yield organization;
    }
    if (page.length < pageSize) return;
    last = page.at(-1)?.id;
  }
}
