import { randomUUID } from 'node:crypto';
import type { Transaction } from '../database/client.ts';
import { BadUserInputError, DomainError } from '../domain-error.ts';
import { appendEvent } from '../events/append-event.ts';
import { lockOrganization } from '../organizations/organization.sql.ts';
import { resolveRoot } from '../workspaces/resolve-root.ts';
import { insertApiToken, updateRevokedAt } from './api-token.sql.ts';
import { mintToken } from './token-format.ts';

/** The organization has no such token. */
export class ApiTokenNotFoundError extends DomainError {
  readonly code = 'API_TOKEN_NOT_FOUND';

  constructor(orgId: string, apiTokenId: string) {
    super(`There is no API token ${apiTokenId} in organization ${orgId}. Check both ids.`, { orgId, apiTokenId });
  }
}

export interface NewApiToken {
  readonly orgId: string;
  readonly name: string;
  /** Left out: the only live root. */
  readonly rootId?: string | undefined;
  /** Left out: never. */
  readonly expiresAt?: Date | undefined;
  readonly actor: string;
}

/**
 * Creates a token that acts inside the organization while its root lives. The text returned is stored nowhere.
 *
 * @throws OrganizationNotFoundError, BadUserInputError (it would have expired already), and what `resolveRoot` throws
 */
export async function createApiToken(tx: Transaction, options: NewApiToken): Promise<{ id: string; token: string }> {
  const { orgId, name, expiresAt, actor } = options;
  await lockOrganization(tx, orgId);
  const root = await resolveRoot(tx, orgId, options.rootId);
  const id = randomUUID();
  const { token, prefix, hash } = mintToken(orgId);
  if (!(await insertApiToken(tx, { orgId, id, rootId: root.id, name, prefix, hash, createdBy: actor, expiresAt }))) {
    throw new BadUserInputError(
      'expiresAt lies in the past. Pass a later time, or leave it out for a token that does not expire.',
      {
        expiresAt,
      },
    );
  }
  const data = { name, prefix, rootId: root.id, expiresAt };
  await appendEvent(tx, { orgId, type: 'api_token.created', actor, subjectId: id, data });
  return { id, token };
}

export interface Revocation {
  readonly orgId: string;
  readonly id: string;
  readonly actor: string;
}

/**
 * Revokes a token for good. Revoking it again changes nothing.
 *
 * @throws OrganizationNotFoundError, ApiTokenNotFoundError
 */
export async function revokeApiToken(tx: Transaction, { orgId, id, actor }: Revocation): Promise<void> {
  await lockOrganization(tx, orgId);
  const token = await tx.apiToken.findUnique({
    where: { orgId_id: { orgId, id } },
    select: { name: true, prefix: true },
  });
  if (token === null) throw new ApiTokenNotFoundError(orgId, id);
  if (await updateRevokedAt(tx, orgId, id)) {
    await appendEvent(tx, { orgId, type: 'api_token.revoked', actor, subjectId: id, data: token });
  }
}
