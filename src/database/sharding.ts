import { Prisma, type PrismaClient } from '../generated/prisma/client.ts';
import { groupBy } from '../group-by.ts';
import { toError } from './batches.ts';

interface OfOrganization {
  readonly orgId: string;
}

/**
 * The condition on `org_id` that binds a statement to the organizations of these items: for the sake of a sharded database
 * by `=` where it is one, which is how it knows the shard.
 */
export function isOf(items: readonly OfOrganization[]): Prisma.Sql {
  const orgIds = [...new Set(items.map(({ orgId }) => orgId))];
  return orgIds.length === 1 ? Prisma.sql`= ${orgIds[0]}::uuid` : Prisma.sql`= any(${orgIds}::uuid[])`;
}

/**
 * Whether Citus spreads the rows over several servers. It locks those of one organization at a time, and so what many
 * requests ask for is done together for one organization at a time.
 */
export async function isSharded(prisma: PrismaClient): Promise<boolean> {
  const [{ sharded }] = await prisma.$queryRaw<[{ sharded: boolean }]>`
    select exists (select from pg_extension where extname = 'citus') as sharded`;
  return sharded;
}

/**
 * Parts a batch by organization, and puts the answers into the order of the items again. Where the batch of one
 * organization fails, whose server is out of reach say, that error is the answer to its items alone.
 */
export function apart<Item extends OfOrganization, Value>(
  run: (items: readonly Item[]) => Promise<readonly (Value | Error)[]>,
): (items: readonly Item[]) => Promise<(Value | Error)[]> {
  return async (items) => {
    const parts = groupBy(items, ({ orgId }) => orgId);
    const answers = new Map<Item, Value | Error>();
    const runPart = async (part: readonly Item[]) => {
      const values = await run(part).catch((error) => part.map(() => toError(error)));
      for (const [index, item] of part.entries()) answers.set(item, values[index] as Value | Error);
    };
    await Promise.all([...parts.values()].map(runPart));
    return items.map((item) => answers.get(item) as Value | Error);
  };
}
