import type { Transaction } from '../database/client.ts';
import { Prisma } from '../generated/prisma/client.ts';
import type { OrganizationRow } from '../organizations/organization.sql.ts';
import { platformAgentId } from './identity.ts';
import type { Candidate } from './plan.ts';

/** An organization, and the row that bears the id of its agent, if there is one. */
export interface PagedOrganization extends OrganizationRow {
  readonly agent: Pick<Candidate, 'kind' | 'lifecycle'> | undefined;
}

/**
 * The next `size` organizations after the one with the id `after`, in the order of their ids; undefined begins. It takes
 * two statements, because the ids of the agents are derived here and not in the database; both are looked up by primary
 * key, so that the last page costs what the first does. What lies between the two does no harm: an install looks again.
 */
export async function readOrganizationPage(
  tx: Transaction,
  after: string | undefined,
  size: number,
): Promise<PagedOrganization[]> {
  const organizations = await tx.$queryRaw<OrganizationRow[]>`
    select id, name, open_roots as "openRoots"
    from organizations
    ${after === undefined ? Prisma.empty : Prisma.sql`where id > ${after}::uuid`}
    order by id
    limit ${size}`;
  const orgIds = organizations.map(({ id }) => id);
  const agents = await tx.$queryRaw<({ orgId: string } & NonNullable<PagedOrganization['agent']>)[]>`
    select org_id as "orgId", kind::text, lifecycle::text
    from unnest(${orgIds}::uuid[], ${orgIds.map(platformAgentId)}::uuid[]) as wanted (org_id, id)
    join workspaces using (org_id, id)
    where org_id = any(${orgIds}::uuid[])`;
  const agentOf = new Map(agents.map(({ orgId, ...agent }) => [orgId, agent]));
  return organizations.map((organization) => ({ ...organization, agent: agentOf.get(organization.id) }));
}

/** How many organizations there are. Of very many that takes longer than other statements may. */
export async function countOrganizations(tx: Transaction, boundMs: number): Promise<number> {
  await tx.$executeRaw`select set_config('statement_timeout', ${String(boundMs)}, true)`;
  const [{ count }] = await tx.$queryRaw<[{ count: bigint }]>`select count(*) from organizations`;
  return Number(count);
}
