import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { waitUntil } from './barriers.ts';

export interface TestDatabase {
  url: string;
  /** Opens a connection of its own. It is closed after the last test of the file. */
  connect(): Promise<TestClient>;
  /** Runs one statement on a connection that no test holds locks on, after those before it, and returns its rows. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
}

/** A connection that knows the process on the server that serves it. */
export interface TestClient extends pg.Client {
  pid: number;
}

/** The same server, another database. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/**
 * Clones the migrated, empty template database. To be called outside of tests, once in a file: the database is dropped
 * after the last test of the file.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = inject('templateDatabase');
  const name = `${template}_${randomBytes(4).toString('hex')}`;
  const server = await connectTo(inject('postgresUrl'));
  await server.query(`create database ${name} template ${template}`);
  // Hooks run in reverse order: its connections are closed first.
  afterAll(async () => {
    await dropDatabase(server, name);
    await server.end();
  });
  return openTestDatabase(databaseUrl(inject('postgresUrl'), name));
}

/** A database that is there already. To be called outside of tests, as its connections are closed after the last one. */
export function openTestDatabase(url: string): TestDatabase {
  const clients = new Set<TestClient>();
  const shared = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0 }).on('error', () => {});
  const database: TestDatabase = {
    url,
    async connect() {
      const client = await connectTo(url);
      clients.add(client);
      return client;
    },
    async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) {
      return (await shared.query<Row>(sql, values)).rows;
    },
  };
  afterAll(() => Promise.all([shared, ...clients].map((each) => each.end())));
  return database;
}

/**
 * Drops a database, whoever is connected to it. While autovacuum is, PostgreSQL refuses that to a role that may not end
 * its worker: it is soon done.
 */
export async function dropDatabase(server: pg.Client, name: string): Promise<void> {
  await waitUntil(`the database ${name} is dropped`, () =>
    server.query(`drop database if exists ${name} with (force)`).then(
      () => true,
      (error: pg.DatabaseError) => {
        if (error.code === insufficientPrivilege) return false;
        throw error;
      },
    ),
  );
}

const insufficientPrivilege = '42501';

async function connectTo(connectionString: string): Promise<TestClient> {
  const client = new pg.Client({ connectionString });
  // A connection may be cut by the test that opened it. What the test then awaits tells it.
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  return Object.assign(client, { pid: rows[0].pid as number });
}
