import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/database/embedded/server.ts';
import { applyMigrations } from '../src/database/migrations.ts';

/** A database for one scenario, in a PostgreSQL that all of them share. */
export interface BenchDatabase {
  readonly url: string;
  /** Runs a statement on a connection of its own, and returns its rows. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

export interface BenchPostgres {
  /** A new database with Taproot's schema and nothing in it. */
  createDatabase(name: string): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

/**
 * Starts the embedded PostgreSQL on a temporary directory, as durable as the one that `npm start` brings. Checkpoints and
 * autovacuum, which come when they please, keep out of the measurements: a scenario analyzes what it has seeded.
 */
export async function startPostgres(): Promise<BenchPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-bench-'));
  const settings = { autovacuum: 'off', checkpoint_timeout: '1h', max_wal_size: '8GB' };
  const postgres = await startEmbeddedPostgres({ directory, temporary: true, settings });
  const server = new pg.Client({ connectionString: postgres.url });
  await server.connect();
  return {
    async createDatabase(name) {
      await server.query(`create database ${name}`);
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      await applyMigrations(url.href);
      return openDatabase(url.href, () => server.query(`drop database ${name} with (force)`));
    },
    async stop() {
      await server.end();
      await postgres.stop();
    },
  };
}

async function openDatabase(url: string, remove: () => Promise<unknown>): Promise<BenchDatabase> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    url,
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows,
    async drop() {
      await client.end();
      await remove();
    },
  };
}
