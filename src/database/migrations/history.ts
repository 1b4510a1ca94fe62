import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Migration } from './source.ts';

/**
 * Whether the database has exactly these migrations, all finished, in the very words that they have here: then there is
 * nothing to do for the schema engine. It is asked about all else, and not loaded for this, as it takes as much memory as
 * the rest of a server together and never gives it back.
 */
export async function hasExactly(session: pg.Pool, migrations: readonly Migration[]): Promise<boolean> {
  const tables = await session.query("select to_regclass('_prisma_migrations') is not null as kept");
  if (!tables.rows[0].kept) return false;
  const { rows } = await session.query<{ name: string; checksum: string; finished: boolean }>(
    `select migration_name as name, checksum, finished_at is not null as finished
       from _prisma_migrations
      where rolled_back_at is null`,
  );
  const kept = new Map(rows.map((row) => [row.name, row]));
  return (
    rows.length === migrations.length &&
    migrations.every(({ name, script }) => {
      const row = kept.get(name);
      return row?.finished === true && row.checksum === createHash('sha256').update(script).digest('hex');
    })
  );
}
