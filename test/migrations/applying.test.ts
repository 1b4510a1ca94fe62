import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { FailedMigrationError, MigrationError } from '../../src/database/migrations/errors.ts';
import { applyMigrations } from '../../src/database/migrations.ts';
import { FRUITS, test } from './fruits.ts';

test('five servers that start at once apply every migration once', async ({
  fruits: { url, source, query, writeMigration, history },
}) => {
  await writeMigration('20260102000000_more', 'insert into fruits values (2, 200);');
  const applied = await Promise.all(Array.from({ length: 5 }, () => applyMigrations(url, source)));
  expect(applied.filter((names) => names.length > 0)).toEqual([['20260101000000_fruits', '20260102000000_more']]);
  expect(await query('select id, status from fruit_states order by id')).toEqual([
    { id: 1, status: 'light' },
    { id: 2, status: 'heavy; very' },
  ]);
  expect(await history()).toEqual([
    { name: '20260101000000_fruits', finished: true, rolled_back: false },
    { name: '20260102000000_more', finished: true, rolled_back: false },
  ]);
});

test('semicolons inside the body of a function are left alone', async ({ fruits: { url, source, query } }) => {
  await applyMigrations(url, source);
  expect(await query('select weigh(1)')).toEqual([{ weigh: 101 }]);
});

test('a migration that PostgreSQL refuses is told with its line, and leaves nothing behind', async ({
  fruits: { url, source, query, writeMigration },
}) => {
  await writeMigration('20260102000000_wrong', 'create table half_made (id int);\nselect weigt\n  from fruits;');
  const refusal = await applyMigrations(url, source).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(FailedMigrationError);
  expect(refusal).toMatchObject({
    migration: '20260102000000_wrong',
    message: expect.stringMatching(/20260102000000_wrong in line 2: column "weigt" does not exist.*start again/),
  });
  expect(await query("select to_regclass('half_made') as half_made")).toEqual([{ half_made: null }]);
  expect(await query('select count(*)::int from fruits')).toEqual([{ count: 1 }]);
});

test('a refused migration is tried again once it has been corrected', async ({
  fruits: { url, source, writeMigration, history },
}) => {
  await writeMigration('20260102000000_weights', 'update fruits set weight = -1;');
  await expect(applyMigrations(url, source)).rejects.toThrow(/violates check constraint.*Failing row contains/);
  await writeMigration('20260102000000_weights', 'update fruits set weight = 1;');
  expect(await applyMigrations(url, source)).toEqual(['20260102000000_weights']);
  expect(await history()).toEqual([
    { name: '20260101000000_fruits', finished: true, rolled_back: false },
    { name: '20260102000000_weights', finished: false, rolled_back: true },
    { name: '20260102000000_weights', finished: true, rolled_back: false },
  ]);
});

test('a migration that commits by itself and fails is not tried again before somebody has looked', async ({
  fruits: { url, source, query, writeMigration },
}) => {
  await writeMigration('20260102000000_parts', 'create table first_part (id int);\ncommit;\nselect 1 / 0;');
  await expect(applyMigrations(url, source)).rejects.toThrow('division by zero');
  await expect(applyMigrations(url, source)).rejects.toThrow(
    /20260102000000_parts was begun.*_prisma_migrations: set rolled_back_at = now\(\)/,
  );
  await query("update _prisma_migrations set finished_at = now() where migration_name = '20260102000000_parts'");
  expect(await applyMigrations(url, source)).toEqual([]);
});

test('a migration whose server died in the middle of it is tried again', async ({
  fruits: { url, source, query, writeMigration },
}) => {
  await writeMigration('20260102000000_long', 'insert into fruits values (2, 2);\nselect pg_sleep(60);');
  const dying = applyMigrations(url, source).catch((error: unknown) => error);
  const end = `select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and wait_event = 'PgSleep'`;
  await expect.poll(() => query(end), { timeout: 30_000 }).toHaveLength(1);
  expect(await dying).toBeInstanceOf(MigrationError);

  await writeMigration('20260102000000_long', 'insert into fruits values (2, 2);');
  expect(await applyMigrations(url, source)).toEqual(['20260102000000_long']);
  expect(await query('select count(*)::int from fruits')).toEqual([{ count: 2 }]);
});

test('a migration of one statement that refuses to be in a transaction is applied', async ({
  fruits: { url, source, query, writeMigration },
}) => {
  await writeMigration('20260102000000_index', 'create index concurrently by_weight on fruits (weight);');
  expect(await applyMigrations(url, source)).toHaveLength(2);
  expect(await query("select to_regclass('by_weight') is not null as made")).toEqual([{ made: true }]);
});

test('a server older than its database starts, as long as the database lacks nothing', async ({
  fruits: { url, source, query, writeMigration },
}) => {
  await writeMigration('20260103000000_newer', 'insert into fruits values (3, 3);');
  await applyMigrations(url, source);
  await rm(join(source.migrations, '20260103000000_newer'), { recursive: true });
  expect(await applyMigrations(url, source)).toEqual([]);

  await writeMigration('20260102000000_branched_off', 'insert into fruits values (2, 2);');
  await expect(applyMigrations(url, source)).rejects.toThrow(
    /does not know \(20260103000000_newer\).*lacks.*branched_off/,
  );
  expect(await query('select count(*)::int from fruits')).toEqual([{ count: 2 }]);
});

test('a migration that was edited after it was applied is refused', async ({
  fruits: { url, source, writeMigration },
}) => {
  await applyMigrations(url, source);
  await writeMigration('20260101000000_fruits', `${FRUITS} -- edited`);
  await expect(applyMigrations(url, source)).rejects.toThrow(/edited after.*20260101000000_fruits.*new migration/);
});

test('a database that is not empty and was never migrated is left alone', async ({
  fruits: { url, source, query },
}) => {
  await query('create table somebody_elses (id int)');
  await expect(applyMigrations(url, source)).rejects.toThrow(/database schema is not empty/);
});

test('waiting for another server that migrates has an end', async ({ fruits: { url, source } }) => {
  const other = new pg.Client(url);
  await other.connect();
  await other.query('select pg_advisory_lock(72707369)');
  const refusal = await applyMigrations(url, { ...source, waitMs: 50 }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MigrationError);
  expect(refusal).toMatchObject({
    message: expect.stringContaining('Another server has been migrating this database'),
  });
  await other.end();
  expect(await applyMigrations(url, source)).toHaveLength(1);
});

test('a database that cannot be reached is told as such, without its password', async () => {
  const refusal = await applyMigrations('postgresql://taproot:secret@127.0.0.1:1/taproot').catch(
    (error: Error) => error,
  );
  expect(refusal).toBeInstanceOf(MigrationError);
  expect(refusal).toMatchObject({ message: expect.not.stringContaining('secret') });
});

test('Prisma itself sees the history as its own', async ({ fruits: { url, source, query } }) => {
  await applyMigrations(url, source);
  const [row] = await query('select checksum, applied_steps_count, logs from _prisma_migrations');
  const checksum = createHash('sha256').update(FRUITS).digest('hex');
  expect(row).toEqual({ checksum, applied_steps_count: 1, logs: null });
});
