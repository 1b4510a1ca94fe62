import type { Transaction } from '../database/client.ts';
import { OrganizationNotFoundError } from './errors.ts';

/** What structural operations ask of an organization. */
export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  /** Whether roots beside the platform agent are still allowed: until its installation they are. */
  readonly openRoots: boolean;
}

/**
 * Locks the organization's row until the transaction ends, so that structural writes to one organization are serial.
 * Every structural operation begins with it. It is a statement of its own on purpose: under READ COMMITTED a statement
 * reads from a snapshot taken before it waits, so that reading on in the same one would miss what the previous holder
 * of the lock has just committed.
 *
 * @throws OrganizationNotFoundError
 */
export async function lockOrganization(tx: Transaction, orgId: string): Promise<OrganizationRow> {
  const [organization] = await tx.$queryRaw<OrganizationRow[]>`
    select id, name, open_roots as "openRoots"
    from organizations
    where id = ${orgId}::uuid
    for update`;
  if (organization === undefined) throw new OrganizationNotFoundError(orgId);
  return organization;
}

/** Whether a statement, as it is sent, is that of `lockOrganization`: what it takes is what a structural write waits for. */
export const isOrganizationLock = (text: string) =>
  /^\s*select\s.*\sfrom organizations\s.*\sfor update\s*$/s.test(text);

/**
 * Tells a missing organization from what is missing inside one that is there.
 *
 * @throws OrganizationNotFoundError
 */
export async function requireOrganization(tx: Transaction, orgId: string): Promise<void> {
  const organization = await tx.organization.findUnique({ where: { id: orgId }, select: { id: true } });
  if (organization === null) throw new OrganizationNotFoundError(orgId);
}

/** Inserts the organization unless its id is taken; two callers at once are told apart by the primary key. */
export async function insertOrganization(tx: Transaction, id: string, name: string): Promise<boolean> {
  const inserted = await tx.$queryRaw<{ id: string }[]>`
    insert into organizations (id, name)
    values (${id}::uuid, ${name})
    on conflict (id) do nothing
    returning id`;
  return inserted.length === 1;
}
