import { toDomainError } from '../database/errors.ts';
import { DatabaseLostError, persistently } from '../database/persistently.ts';
import { inSnapshot, inTransaction } from '../database/transaction.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { OrganizationNotFoundError } from '../organizations/errors.ts';
import type { OrganizationRow } from '../organizations/organization.sql.ts';
import type { InstallEffects } from './effects.ts';
import { installPlatformAgent } from './install.ts';
import { type LeftOrganization, leftByFailure, leftInConflict } from './left-organization.ts';
import { previewInstall } from './preview.ts';

/** What a backfill made of one organization, or would make of it. */
export type Outcome =
  /** The agent was installed; of a preview with what that would do. */
  | { readonly kind: 'installed'; readonly effects?: InstallEffects & { readonly restricts: boolean } }
  /** There was nothing to do: the agent stands, it is removed, or the organization itself is gone. */
  | { readonly kind: 'settled' | 'removed' | 'gone' }
  | { readonly kind: 'left'; readonly organization: LeftOrganization };

/** Who the events say did it: whoever runs this has the database, and so may do everything. */
const actor = 'operator';

/**
 * Installs the agent of one organization, or with `dryRun` says how that would end. A failure is an outcome too.
 *
 * @throws {DatabaseLostError} when the database does not answer at all
 */
export async function backfillOrganization(
  prisma: PrismaClient,
  organization: OrganizationRow,
  dryRun: boolean,
): Promise<Outcome> {
  try {
    return await persistently(prisma, () => (dryRun ? preview : install)(prisma, organization));
  } catch (error) {
    if (error instanceof DatabaseLostError) throw error;
    if (error instanceof OrganizationNotFoundError) return { kind: 'gone' };
    return { kind: 'left', organization: leftByFailure(organization, error) };
  }
}

async function install(prisma: PrismaClient, organization: OrganizationRow): Promise<Outcome> {
  try {
    const { changed } = await inTransaction(prisma, (tx) =>
      installPlatformAgent(tx, { orgId: organization.id, actor }),
    );
    return { kind: changed ? 'installed' : 'settled' };
  } catch (error) {
    if (toDomainError(error)?.code !== 'NAME_CONFLICT') throw error;
    const outcome = await preview(prisma, organization);
    // Somebody renamed a workspace in between.
    if (outcome.kind === 'installed') throw error;
    return outcome;
  }
}

async function preview(prisma: PrismaClient, organization: OrganizationRow): Promise<Outcome> {
  const previewed = await inSnapshot(prisma, (tx) => previewInstall(tx, { orgId: organization.id }));
  const { outcome, conflict, agentId, pluginPolicy } = previewed;
  if (conflict !== undefined) return { kind: 'left', organization: leftInConflict(organization, agentId, conflict) };
  if (outcome !== 'installs') return { kind: outcome === 'removed' ? 'removed' : 'settled' };
  const restricts = pluginPolicy === 'allow_listed' && previewed.previouslyOpenRoots.length > 0;
  return { kind: 'installed', effects: { ...previewed, restricts } };
}
