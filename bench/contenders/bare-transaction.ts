import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Transaction } from '../../src/database/client.ts';
import { Prisma } from '../../src/generated/prisma/client.ts';

/**
 * A transaction for Taproot's own operations on a bare connection: what they say through `$queryRaw` and `$executeRaw`
 * goes to `pg` as named statements, with nothing in between. So the floor runs the very SQL of the server. For an operation
 * of a single statement a pool will do.
 */
export function bareTransaction(client: Pick<pg.Pool, 'query'>): Transaction {
  let before: Promise<unknown> = Promise.resolve();
  const run = (query: TemplateStringsArray | Prisma.Sql, values: unknown[]) => {
    const sql = 'sql' in query ? query : Prisma.sql(query, ...values);
    const statement = { name: nameOf(sql.text), text: sql.text, values: sql.values };
    // One after the other, as `pg` has it unless it is told otherwise.
    const answer = before.then(() => client.query(statement));
    before = answer.catch(() => {});
    return answer;
  };
  const transaction = {
    $queryRaw: async (query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) =>
      (await run(query, values)).rows,
    $executeRaw: async (query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) =>
      (await run(query, values)).rowCount,
  };
  // The operations that are measured use nothing else of a transaction: anything else fails at once.
  return transaction as unknown as Transaction;
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  names.set(text, name);
  return name;
}
