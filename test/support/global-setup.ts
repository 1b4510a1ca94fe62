import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { applyMigrations } from '../../src/database/migrations.ts';
import { databaseUrl, dropDatabase } from './database.ts';
import type { Effort } from './effort.ts';
import { openReport } from './effort-report.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server for all test files of this run. */
    postgresUrl: string;
    /** The migrated, empty database that test databases are cloned from, and the prefix of their names. */
    templateDatabase: string;
    effort: Effort;
    /** Where what was tried is counted: a line of JSON for each count. */
    triedFile: string;
  }
}

/**
 * Runs once before all test files: one PostgreSQL server, with one migrated database to clone. TEST_DATABASE_URL names
 * an existing server (PostgreSQL 15 or newer, with a role that may create databases) to use instead of an embedded one.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const report = await openReport(project);
  const server = await startServer();
  try {
    const template = `taproot_test_${randomBytes(4).toString('hex')}`;
    await withClient(server.url, (client) => client.query(`create database ${template}`));
    await applyMigrations(databaseUrl(server.url, template));
    project.provide('postgresUrl', server.url);
    project.provide('templateDatabase', template);
    return async () => {
      await dropDatabases(server.url, template);
      await server.stop();
      await report();
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const external = process.env['TEST_DATABASE_URL'];
  if (external) return { url: external, stop: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'taproot-test-'));
  return startEmbeddedPostgres({ directory, durable: false, temporary: true });
}

/** Drops the template and what an aborted test file left, for an external server lives on. */
async function dropDatabases(url: string, prefix: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query('select datname from pg_database where datname like $1', [`${prefix}%`]);
    for (const { datname } of rows) await dropDatabase(client, datname);
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
