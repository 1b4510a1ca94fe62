import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { test as base, inject } from 'vitest';
import { databaseUrl } from '../support/database.ts';

/** What schema.prisma says once the first migration is applied. */
export const SCHEMA = `
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

/** The first migration, with what Prisma cannot declare. */
export const FRUITS = `
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

let number = 0;

/** A test with an empty database of its own, and a directory with one migration for it. */
export const test = base.extend('fruits', async ({ onTestFinished }) => {
  const database = `${inject('templateDatabase')}_fruits_${process.pid}_${++number}`;
  const url = databaseUrl(inject('postgresUrl'), database);
  await queryAt(inject('postgresUrl'), `create database ${database}`);
  // Not by force: that is refused while an autovacuum is in the database, which a plain drop ends.
  onTestFinished(async () => {
    await queryAt(inject('postgresUrl'), `drop database ${database}`);
  });

  const directory = await mkdtemp(join(tmpdir(), 'taproot-migrations-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const source = { migrations: join(directory, 'migrations'), schema: join(directory, 'schema.prisma') };
  const writeMigration = async (name: string, script: string) => {
    await mkdir(join(source.migrations, name), { recursive: true });
    await writeFile(join(source.migrations, name, 'migration.sql'), script);
  };
  await writeFile(source.schema, SCHEMA);
  await writeMigration('20260101000000_fruits', FRUITS);

  const query = (sql: string) => queryAt(url, sql);
  const history = () =>
    query(
      `select migration_name as name, finished_at is not null as finished, rolled_back_at is not null as rolled_back
         from _prisma_migrations order by started_at`,
    );
  return { url, source, writeMigration, query, history };
});

async function queryAt(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
