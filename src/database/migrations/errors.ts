import type pg from 'pg';
import { sqlStates } from '../errors.ts';

/** The database could not be brought to this code's schema. The message says why, and what to do about it. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/** PostgreSQL refused a migration. `cause` is what it said. */
export class FailedMigrationError extends MigrationError {
  override name = 'FailedMigrationError';
  readonly migration: string;

  constructor(migration: string, script: string, cause: pg.DatabaseError) {
    super(
      cause.code === sqlStates.lockNotAvailable ? explainLock(migration) : explainRefusal(migration, script, cause),
      {
        cause,
      },
    );
    this.migration = migration;
  }
}

const explainLock = (migration: string): string =>
  `The migration ${migration} gave up waiting for a table that somebody holds locked, and changed nothing. ` +
  'Start again when the database is less busy, or end the session that holds the lock (see pg_locks).';

function explainRefusal(migration: string, script: string, cause: pg.DatabaseError): string {
  const line = cause.position ? ` in line ${script.slice(0, Number(cause.position) - 1).split('\n').length}` : '';
  const details = [cause.detail, cause.hint].filter(Boolean).map((text) => ` ${text}`);
  return (
    `PostgreSQL refused the migration ${migration}${line}: ${cause.message} (${cause.code}).${details.join('')} ` +
    'Correct the migration, or the data it stumbles over, and start again: it will be tried anew.'
  );
}
