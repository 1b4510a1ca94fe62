import type { ReplicaReader } from '../database/replica.ts';
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import type { Caller } from '../tokens/authenticate.ts';
import { byName } from '../workspaces/selections.ts';

/** Which of the organizations that the caller may see. */
export interface OrganizationFilter {
  readonly search?: string | null | undefined;
  readonly installed?: boolean | null | undefined;
}

/** Where organizations are read, and by whom. */
export interface OrganizationReader {
  readonly prisma: PrismaClient;
  readonly replica: ReplicaReader | undefined;
  readonly caller: Caller;
}

type PageQuery = Pick<Prisma.OrganizationFindManyArgs, 'cursor' | 'skip' | 'take' | 'select' | 'include'>;

const orderBy = [...byName];

/**
 * A page of organizations, by name. Where there is a replica it says which they are, for that is what a search costs, and
 * all that is told of them is read on the primary: a page may lack an organization that is new, and is never wrong about
 * one that it shows.
 */
export async function listOrganizations(reader: OrganizationReader, query: PageQuery, filter: OrganizationFilter) {
  const { select, include, ...page } = query;
  const where = { ...matching(filter, reader.caller), ...(await beyondCursor(reader.prisma, page)) };
  const sought = { ...page, where, orderBy };
  const find = replicaFor(reader, filter);
  const found = await find?.((replica) => replica.organization.findMany({ ...sought, select: { id: true } }));
  // Nothing behind a cursor: the end of the list, or the replica does not know the cursor's organization yet.
  if (found === undefined || (found.length === 0 && page.cursor)) {
    return reader.prisma.organization.findMany({ ...query, ...sought });
  }
  const shown = { where: { id: { in: found.map(({ id }) => id) } }, orderBy };
  return reader.prisma.organization.findMany({ ...(select && { select }), ...(include && { include }), ...shown });
}

/** How many organizations there are on all pages together. */
export async function countOrganizations(reader: OrganizationReader, filter: OrganizationFilter): Promise<number> {
  const where = matching(filter, reader.caller);
  const count = (prisma: PrismaClient) => prisma.organization.count({ where });
  const find = replicaFor(reader, filter);
  return find ? find(count) : count(reader.prisma);
}

/**
 * It searches by name, which never changes. Who is installed it might know wrongly. And a token sees one organization,
 * which is found by its key, so that nothing would be gained.
 */
function replicaFor({ replica, caller }: OrganizationReader, { installed }: OrganizationFilter) {
  return caller.kind === 'operator' && typeof installed !== 'boolean' ? replica : undefined;
}

function matching({ search, installed }: OrganizationFilter, caller: Caller): Prisma.OrganizationWhereInput {
  return {
    ...(caller.kind === 'organization' && { id: caller.orgId }),
    ...(search && { name: { contains: search.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } }),
    ...(typeof installed === 'boolean' && { openRoots: !installed }),
  };
}

/**
 * Those whose names do not lie before the cursor's, in the direction of the page. Prisma passes over the others too, but
 * not in words that an index knows: a page would take as long as all before it together.
 */
async function beyondCursor(
  prisma: PrismaClient,
  { cursor, take = 0 }: PageQuery,
): Promise<Prisma.OrganizationWhereInput> {
  if (cursor?.id === undefined) return {};
  const organization = await prisma.organization.findUnique({ where: { id: cursor.id }, select: { name: true } });
  if (organization === null) return {};
  return { AND: { name: take < 0 ? { lte: organization.name } : { gte: organization.name } } };
}
