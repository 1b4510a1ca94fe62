import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../embedded/server.ts';
import { applyMigrations, schemaDrift } from '../migrations.ts';
import { MigrationError } from './errors.ts';
import { type MigrationSource, migrationsDirectory, readMigrations } from './source.ts';

/** A migration that was written, and whether there is something in it yet. */
export interface CreatedMigration {
  file: string;
  empty: boolean;
}

const NAME = /^[a-z][a-z0-9_]{0,59}$/;
/** Whoever applies it, waiting for a busy table has an end, and so has the queue of all that wait behind it. */
const LOCK_TIMEOUT = "set lock_timeout = '10s';\n\n";
const EMPTY_MIGRATION = `-- schema.prisma asks for no change.
-- Write here what it cannot say: generated columns, partial indexes, checks, views.
`;

/**
 * Writes the migration that takes the database from the existing migrations to schema.prisma, worked out on a temporary
 * PostgreSQL. Nothing is applied: read it first, and complete it by hand.
 *
 * @throws {MigrationError} when the name is not usable, or the existing migrations fail
 */
export async function createMigration(name: string, source: MigrationSource = {}): Promise<CreatedMigration> {
  if (!NAME.test(name)) {
    throw new MigrationError(
      `"${name}" is no name for a migration: up to 60 lowercase letters, digits and underscores, a letter first, ` +
        'such as add_plugin_notes.',
    );
  }
  const stamped = `${new Date().toISOString().slice(0, 19).replace(/\D/g, '')}_${name}`;
  const newest = (await readMigrations(source)).at(-1)?.name ?? '';
  if (stamped <= newest) {
    throw new MigrationError(
      `The newest migration, ${newest}, is dated later than now. Correct the clock, or its name.`,
    );
  }
  const drift = await withMigratedDatabase(source, (url) => schemaDrift(url, source));
  const directory = join(migrationsDirectory(source), stamped);
  await mkdir(directory);
  const file = join(directory, 'migration.sql');
  await writeFile(file, LOCK_TIMEOUT + (drift || EMPTY_MIGRATION));
  return { file, empty: drift === '' };
}

async function withMigratedDatabase<T>(source: MigrationSource, work: (url: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-migration-'));
  const postgres = await startEmbeddedPostgres({ directory, durable: false, temporary: true });
  try {
    await applyMigrations(postgres.url, source);
    return await work(postgres.url);
  } finally {
    await postgres.stop();
  }
}
