import type pg from 'pg';
import { sqlStates } from './errors.ts';
import { createSchemaEngine, type SchemaEngine } from './migrations/engine.ts';
import { FailedMigrationError, MigrationError } from './migrations/errors.ts';
import { hasExactly } from './migrations/history.ts';
import { isOneTransaction } from './migrations/script.ts';
import { TABLE_LOCK_MS, withSession } from './migrations/session.ts';
import {
  type Migration,
  type MigrationSource,
  readMigrations,
  readSchema,
  toMigrationList,
} from './migrations/source.ts';

export interface MigrationOptions extends MigrationSource {
  /** How long to wait for another server that is migrating the same database. Default 60 s. */
  waitMs?: number;
}

// The number that Prisma's own `migrate` locks, so that it and this exclude each other too.
const PRISMA_MIGRATE_LOCK = 72_707_369;
const WAIT_MS = 60_000;
const NO_FILTERS = { externalTables: [], externalEnums: [] };

/**
 * Brings the database to the newest migration, and returns the names of those it applied. Servers may do so at once:
 * one migrates while the others wait. A database that a newer server has migrated further is left as it is. The history
 * is kept as Prisma keeps it, so that `prisma migrate deploy` may be used instead.
 *
 * @throws {FailedMigrationError} when PostgreSQL refuses a migration, of which it then keeps nothing
 * @throws {MigrationError} when the database cannot be used, has another history, or is being migrated for too long
 */
export async function applyMigrations(url: string, options: MigrationOptions = {}): Promise<string[]> {
  const [migrations, schema] = await Promise.all([readMigrations(options), readSchema(options)]);
  const input = { migrationsList: toMigrationList(options, migrations), filters: NO_FILTERS };
  return withSession(url, async (session) => {
    if (await hasExactly(session, migrations)) return [];
    await lockMigrations(session, options.waitMs ?? WAIT_MS);
    const schemaEngine = await createSchemaEngine(session, schema);
    const { engine } = schemaEngine;
    try {
      await forgetUnfinished(engine, input, migrations);
      return (await needsMigrations(engine, input)) ? (await engine.applyMigrations(input)).appliedMigrationNames : [];
    } catch (error) {
      throw await explain(error, schemaEngine, input, migrations);
    } finally {
      engine.free();
    }
  });
}

/**
 * Makes sure that the database has every migration that this program has, and changes nothing.
 *
 * @throws {MigrationError} when it lacks one, or cannot be used
 */
export async function requireMigrations(url: string, options: MigrationOptions = {}): Promise<void> {
  const [migrations, schema] = await Promise.all([readMigrations(options), readSchema(options)]);
  const input = { migrationsList: toMigrationList(options, migrations), filters: NO_FILTERS };
  const lacksSome = await withSession(url, async (session) => {
    if (await hasExactly(session, migrations)) return false;
    const { engine } = await createSchemaEngine(session, schema);
    try {
      return await needsMigrations(engine, input);
    } finally {
      engine.free();
    }
  });
  if (!lacksSome) return;
  throw new MigrationError(
    'The database lacks migrations of this version. Start a server of this version on it once: that applies them.',
  );
}

/**
 * The SQL that would make the database what schema.prisma says. Empty when it is that already, as far as Prisma can
 * tell: of what schema.prisma cannot declare it overlooks most.
 */
export async function schemaDrift(url: string, options: MigrationSource = {}): Promise<string> {
  const schema = await readSchema(options);
  const files = [{ path: 'schema.prisma', content: schema }];
  return withSession(url, async (session) => {
    const { engine } = await createSchemaEngine(session, schema);
    // A view is declared as a model, because Prisma gives views no key. It is no table to be created.
    const views = await session.query("select format('%s.%s', schemaname, viewname) as name from pg_views");
    try {
      const { exitCode, stdout } = await engine.diff({
        from: { tag: 'schemaDatasource', files, configDir: '.' },
        to: { tag: 'schemaDatamodel', files },
        script: true,
        exitCode: true,
        filters: { ...NO_FILTERS, externalTables: views.rows.map(({ name }) => name as string) },
      });
      return exitCode === 0 ? '' : (stdout ?? '');
    } finally {
      engine.free();
    }
  });
}

type Engine = SchemaEngine['engine'];
type Input = Parameters<Engine['applyMigrations']>[0];

async function lockMigrations(session: pg.Pool, milliseconds: number): Promise<void> {
  try {
    await session.query(`set statement_timeout = 0; set lock_timeout = ${Math.ceil(milliseconds)}`);
    await session.query('select pg_advisory_lock($1)', [PRISMA_MIGRATE_LOCK]);
    await session.query(`set lock_timeout = ${TABLE_LOCK_MS}`);
  } catch (error) {
    if ((error as pg.DatabaseError).code !== sqlStates.lockNotAvailable) throw error;
    throw new MigrationError(
      `Another server has been migrating this database for more than ${milliseconds / 1000} s. ` +
        'Wait until it has finished and start again, or end the session that holds the lock (see pg_locks).',
    );
  }
}

/**
 * Has migrations tried again that PostgreSQL refused, or whose server died before they were finished. Nothing is left
 * of them, because each is one transaction together with the note that it is finished.
 */
async function forgetUnfinished(engine: Engine, input: Input, migrations: Migration[]): Promise<void> {
  const { failedMigrationNames } = await diagnose(engine, input);
  for (const migrationName of failedMigrationNames) {
    const script = migrations.find(({ name }) => name === migrationName)?.script;
    if (script === undefined || !isOneTransaction(script)) {
      throw new MigrationError(
        `The migration ${migrationName} was begun on this database and not finished, and may have left something ` +
          'behind. Undo that, or complete it, then say so in the table _prisma_migrations: set rolled_back_at = now(), or ' +
          `finished_at = now(), where migration_name = '${migrationName}' and finished_at is null.`,
      );
    }
    await engine.markMigrationRolledBack({ migrationName });
  }
}

async function needsMigrations(engine: Engine, input: Input): Promise<boolean> {
  const { editedMigrationNames, history } = await diagnose(engine, input);
  if (editedMigrationNames.length > 0) {
    throw new MigrationError(
      `These migrations were edited after they were applied to this database: ${editedMigrationNames.join(', ')}. ` +
        'Restore their text and put the change into a new migration, or start with a new database.',
    );
  }
  if (history?.diagnostic === 'historiesDiverge') {
    const [unknown, missing] = [history.unpersistedMigrationNames, history.unappliedMigrationNames];
    throw new MigrationError(
      `This database has migrations that this server does not know (${unknown.join(', ')}), and lacks others that it ` +
        `needs (${missing.join(', ')}). Deploy a server that has all of them.`,
    );
  }
  return history?.diagnostic === 'databaseIsBehind';
}

function diagnose(engine: Engine, input: Input) {
  return engine.diagnoseMigrationHistory({ ...input, optInToShadowDatabase: false });
}

async function explain(
  error: unknown,
  schemaEngine: SchemaEngine,
  input: Input,
  migrations: Migration[],
): Promise<Error> {
  if (error instanceof MigrationError) return error;
  const cause = schemaEngine.scriptError();
  if (cause) {
    const { failedMigrationNames } = await diagnose(schemaEngine.engine, input);
    const failed = migrations.find(({ name }) => failedMigrationNames.includes(name));
    if (failed) return new FailedMigrationError(failed.name, failed.script, cause);
  }
  // The engine appends a trace of its own calls, in lines that are indented.
  const message = error instanceof Error ? error.message : String(error);
  return new MigrationError(`The migrations could not be applied: ${message.split(/\n\s+\d+: /)[0]}`, { cause: error });
}
