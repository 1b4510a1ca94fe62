import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import { packageRoot } from './package-root.ts';

/** Where migrations and schema are read from. Both default to this package's own. */
export interface MigrationSource {
  migrations?: string;
  schema?: string;
}

/** One migration, named by its directory. */
export interface Migration {
  name: string;
  script: string;
}

/** The directory that holds one directory for each migration. */
export function migrationsDirectory(source: MigrationSource): string {
  return source.migrations ?? join(packageRoot(), 'prisma', 'migrations');
}

/** The text of schema.prisma. */
export async function readSchema(source: MigrationSource): Promise<string> {
  return readFile(source.schema ?? join(packageRoot(), 'prisma', 'schema.prisma'), 'utf8');
}

/** All migrations in the order they are applied in, which is that of their names. */
export async function readMigrations(source: MigrationSource): Promise<Migration[]> {
  const directory = migrationsDirectory(source);
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names
      .sort()
      .map(async (name) => ({ name, script: await readFile(join(directory, name, 'migration.sql'), 'utf8') })),
  );
}

/** The same, as the schema engine wants them. */
export function toMigrationList(source: MigrationSource, migrations: Migration[]): MigrationList {
  return {
    baseDir: migrationsDirectory(source),
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } },
    })),
  };
}
