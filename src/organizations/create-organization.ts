import { randomUUID } from 'node:crypto';
import type { Transaction } from '../database/client.ts';
import { appendEvent } from '../events/append-event.ts';
import { AlreadyExistsError } from '../workspaces/errors.ts';
import { insertOrganization } from './organization.sql.ts';

export interface NewOrganization {
  readonly name: string;
  /** Chosen by a caller who may have to repeat the call; otherwise a new one. */
  readonly id?: string | undefined;
  readonly actor: string;
}

/**
 * Creates an organization and returns its id. The same id and name again is the same organization.
 *
 * @throws AlreadyExistsError when the id belongs to an organization of another name
 */
export async function createOrganization(tx: Transaction, { name, id, actor }: NewOrganization): Promise<string> {
  const orgId = id ?? randomUUID();
  if (await insertOrganization(tx, orgId, name)) {
    await appendEvent(tx, { orgId, type: 'organization.created', actor, data: { name } });
    return orgId;
  }
  const existing = await tx.organization.findUniqueOrThrow({ where: { id: orgId }, select: { name: true } });
  if (existing.name !== name) throw new AlreadyExistsError('organization', { id: orgId, name: existing.name });
  return orgId;
}
