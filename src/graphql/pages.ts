import { parsePrismaCursor } from '@pothos/plugin-prisma';
import { z } from 'zod';
import { BadUserInputError } from '../domain-error.ts';
import { type Context, sees } from './context.ts';
import { uuid } from './inputs.ts';
import type { Limits } from './limits/limits.ts';

/** Rows on a page unless the client says otherwise. */
export const defaultPageSize = 20;

export const totalDescription = 'Of all pages together.';

/** What the Prisma plugin puts beside a page of all rows when its total is asked for: what counts. */
export function totalOf(connection: object): Promise<number> {
  return (connection as { totalCount: () => Promise<number> }).totalCount();
}

/** What the Prisma plugin puts beside a page of related rows: the row whose they are, and what was asked of them. */
export interface RelatedPage<Parent, Args = object> {
  readonly parent: Parent;
  readonly args: Args;
}

/** The arguments of a connection. */
export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}

/** Which limit a page is under. */
export type PageLimit = keyof Pick<Limits, 'maxPageSize' | 'maxWorkspacePageSize'>;

/** What the cursors of a list hold, as the Prisma plugin encodes them: the key of a row. */
export const cursorKeys = {
  organization: uuid.transform((orgId) => ({ orgId })),
  workspace: z.tuple([uuid, uuid]).transform(([orgId]) => ({ orgId })),
  event: z
    .tuple([
      uuid,
      z
        .bigint()
        .min(0n)
        .max(2n ** 63n - 1n),
    ])
    .transform(([orgId]) => ({ orgId })),
} as const;

/**
 * The `maxSize` of a connection of the Prisma plugin, which checks the paging arguments before they reach the database;
 * how large they are, `pageCost` has.
 * A cursor names a row, and the database compares with that row, so a caller must not bring that of another
 * organization: its place in the order would give away its name.
 *
 * @throws BadUserInputError
 */
export function pageLimit(key: (typeof cursorKeys)[keyof typeof cursorKeys], limit: PageLimit = 'maxPageSize') {
  return (args: PageArgs, context: object): number => {
    if (typeof args.first === 'number' && typeof args.last === 'number') {
      throw new BadUserInputError('Pass first or last, not both: a page is taken from one end.', { argument: 'last' });
    }
    checkCursor('after', args.after, key, context as Context);
    checkCursor('before', args.before, key, context as Context);
    return (context as Context).limits[limit];
  };
}

function checkCursor(
  argument: string,
  cursor: string | null | undefined,
  key: (typeof cursorKeys)[keyof typeof cursorKeys],
  { caller }: Context,
): void {
  if (cursor === null || cursor === undefined) return;
  const { data } = key.safeParse(parseCursor(cursor));
  if (data !== undefined && sees(caller, data.orgId)) return;
  throw new BadUserInputError(
    `${argument} is no cursor of this list. Pass an endCursor or startCursor as you got it.`,
    { argument },
  );
}

/** Two ids and a number, encoded, are shorter. Nothing looks through what is longer. */
const maxCursorLength = 400;

function parseCursor(cursor: string): unknown {
  if (cursor.length > maxCursorLength) return undefined;
  try {
    return parsePrismaCursor(cursor);
  } catch {
    return undefined;
  }
}

/** A row on its page. Its cursor is made when it is asked for: for a thousand rows that takes a millisecond. */
class Edge<Row> {
  readonly node: Row;
  readonly #cursorOf: (row: Row) => string;

  constructor(node: Row, cursorOf: (row: Row) => string) {
    this.node = node;
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.node);
  }
}

/**
 * What the Prisma plugin makes of the rows of a page.
 *
 * @param take as the plugin has it: one row more than the page is to hold, negative for the last ones
 */
export function toConnection<Row>(
  rows: readonly Row[],
  { take, args }: { readonly take: number; readonly args: PageArgs },
  cursorOf: (row: Row) => string,
) {
  const goesOn = rows.length === Math.abs(take);
  const shown = goesOn ? rows.slice(take < 0 ? 1 : 0, take < 0 ? rows.length : -1) : rows;
  const edges = shown.map((row) => new Edge(row, cursorOf));
  const [before = false, after = false, last = false] = [args.before, args.after, args.last].map(
    (value) => value != null,
  );
  return {
    args,
    edges,
    pageInfo: {
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: before || (!last && goesOn),
      hasPreviousPage: after || ((before || last) && goesOn),
    },
  };
}
