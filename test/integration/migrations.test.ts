import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { createMigration } from '../../src/database/migrations/create.ts';
import { FailedMigrationError, MigrationError } from '../../src/database/migrations/errors.ts';
import { applyMigrations, schemaDrift } from '../../src/database/migrations.ts';

const SCHEMA = `
datasource db {
  provider = "postgresql"
}
model Fruit {
  id     Int  @id
  weight Int?
  heavy  Boolean? @default(dbgenerated())
  @@map("fruits")
}
model FruitState {
  id     Int    @id
  status String?
  @@map("fruit_states")
}`;

const FRUITS = `
create table fruits (
  id int constraint fruits_pkey primary key,
  weight int check (weight > 0),
  heavy boolean generated always as (weight > 100) stored
);
create unique index one_heavy on fruits ((true)) where heavy;
create view fruit_states as select id, case when heavy then 'heavy; very' else 'light' end as status from fruits;
create function weigh(fruit int) returns int language plpgsql as $$
begin
  update fruits set weight = weight + 1 where id = fruit; -- a semicolon; inside a body
  return (select weight from fruits where id = fruit);
end $$;
insert into fruits values (1, 100);`;

let server: EmbeddedPostgres;
let admin: pg.Client;
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-migrations-'));
  server = await startEmbeddedPostgres({ directory, durable: false, temporary: true });
  admin = new pg.Client(server.url);
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

let database: string;
let url: string;
let source: { migrations: string; schema: string };
let number = 0;
beforeEach(async () => {
  database = `fruits_${++number}`;
  url = server.url.replace(/taproot$/, database);
  await admin.query(`create database ${database}`);
  const directory = await mkdtemp(join(tmpdir(), 'taproot-migrations-'));
  source = { migrations: join(directory, 'migrations'), schema: join(directory, 'schema.prisma') };
  await writeFile(source.schema, SCHEMA);
  await writeMigration('20260101000000_fruits', FRUITS);
});
afterEach(async () => {
  await admin.query(`drop database ${database} with (force)`);
  await rm(join(source.migrations, '..'), { recursive: true });
});

async function writeMigration(name: string, script: string): Promise<void> {
  await mkdir(join(source.migrations, name), { recursive: true });
  await writeFile(join(source.migrations, name, 'migration.sql'), script);
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const history = () =>
  query(
    `select migration_name as name, finished_at is not null as finished, rolled_back_at is not null as rolled_back
       from _prisma_migrations order by started_at`,
  );

test('five servers that start at once apply every migration once', async () => {
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

test('semicolons inside the body of a function are left alone', async () => {
  await applyMigrations(url, source);
  expect(await query('select weigh(1)')).toEqual([{ weigh: 101 }]);
});

test('a migration that PostgreSQL refuses is told with its line, and leaves nothing behind', async () => {
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

test('a refused migration is tried again once it has been corrected', async () => {
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

test('a migration that commits by itself and fails is not tried again before somebody has looked', async () => {
  await writeMigration('20260102000000_parts', 'create table first_part (id int);\ncommit;\nselect 1 / 0;');
  await expect(applyMigrations(url, source)).rejects.toThrow('division by zero');
  await expect(applyMigrations(url, source)).rejects.toThrow(
    /20260102000000_parts was begun.*_prisma_migrations: set rolled_back_at = now\(\)/,
  );
  await query("update _prisma_migrations set finished_at = now() where migration_name = '20260102000000_parts'");
  expect(await applyMigrations(url, source)).toEqual([]);
});

test('a migration whose server died in the middle of it is tried again', async () => {
  await writeMigration('20260102000000_long', 'insert into fruits values (2, 2);\nselect pg_sleep(60);');
  const dying = applyMigrations(url, source).catch((error: unknown) => error);
  const end = `select pg_terminate_backend(pid) from pg_stat_activity
                where datname = '${database}' and wait_event = 'PgSleep'`;
  await expect.poll(async () => (await admin.query(end)).rowCount, { timeout: 10_000 }).toBe(1);
  expect(await dying).toBeInstanceOf(MigrationError);

  await writeMigration('20260102000000_long', 'insert into fruits values (2, 2);');
  expect(await applyMigrations(url, source)).toEqual(['20260102000000_long']);
  expect(await query('select count(*)::int from fruits')).toEqual([{ count: 2 }]);
});

test('a migration of one statement that refuses to be in a transaction is applied', async () => {
  await writeMigration('20260102000000_index', 'create index concurrently by_weight on fruits (weight);');
  expect(await applyMigrations(url, source)).toHaveLength(2);
  expect(await query("select to_regclass('by_weight') is not null as made")).toEqual([{ made: true }]);
});

test('a server older than its database starts, as long as the database lacks nothing', async () => {
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

test('a migration that was edited after it was applied is refused', async () => {
  await applyMigrations(url, source);
  await writeMigration('20260101000000_fruits', `${FRUITS} -- edited`);
  await expect(applyMigrations(url, source)).rejects.toThrow(/edited after.*20260101000000_fruits.*new migration/);
});

test('a database that is not empty and was never migrated is left alone', async () => {
  await query('create table somebody_elses (id int)');
  await expect(applyMigrations(url, source)).rejects.toThrow(/database schema is not empty/);
});

test('waiting for another server that migrates has an end', async () => {
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

test('generated columns, partial indexes, checks and views are no drift', async () => {
  await applyMigrations(url, source);
  expect(await schemaDrift(url, source)).toBe('');
});

test('drift is told as the SQL that would end it', async () => {
  await applyMigrations(url, source);
  await query('alter table fruits add column colour text');
  expect(await schemaDrift(url, source)).toContain('ALTER TABLE "fruits" DROP COLUMN "colour"');
});

test('a new migration holds what schema.prisma asks for, and can be applied', async () => {
  await writeFile(source.schema, SCHEMA.replace('weight Int?', 'weight Int?\n  colour String?'));
  const { file, empty } = await createMigration('add_colour', source);
  expect(file).toMatch(/\/\d{14}_add_colour\/migration\.sql$/);
  expect(empty).toBe(false);
  expect(await readFile(file, 'utf8')).toContain('ALTER TABLE "fruits" ADD COLUMN     "colour" TEXT');
  expect(await applyMigrations(url, source)).toHaveLength(2);
  expect(await schemaDrift(url, source)).toBe('');
});

test('a new migration is empty when schema.prisma asks for nothing, and has a proper name', async () => {
  const { file, empty } = await createMigration('add_check', source);
  expect(empty).toBe(true);
  expect(await readFile(file, 'utf8')).toMatch(/^-- schema\.prisma asks for no change/);
  expect(await applyMigrations(url, source)).toHaveLength(2);
  for (const name of ['', '../up', 'Add Check', '1st', 'x'.repeat(61)]) {
    await expect(createMigration(name, source)).rejects.toThrow(/is no name for a migration/);
  }
  expect(await readdir(source.migrations)).toHaveLength(2);
});

test('Prisma itself sees the history as its own', async () => {
  await applyMigrations(url, source);
  const [row] = await query('select checksum, applied_steps_count, logs from _prisma_migrations');
  const checksum = createHash('sha256').update(FRUITS).digest('hex');
  expect(row).toEqual({ checksum, applied_steps_count: 1, logs: null });
});
