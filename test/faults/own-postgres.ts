import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll } from 'vitest';
import { accountFor, onCluster } from '../../src/database/embedded/cluster.ts';
import { freePort } from '../../src/database/embedded/free-port.ts';
import { startGuardian } from '../../src/database/embedded/guardian.ts';
import { prepareInstallation } from '../../src/database/embedded/installation.ts';
import { startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { applyMigrations } from '../../src/database/migrations.ts';
import { waitUntil } from '../support/barriers.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

/** A migrated PostgreSQL of a test's own, which is stopped in any way there is, and started again where it was. */
export interface OwnPostgres {
  /** Its `query` connects anew after a stop. */
  readonly database: TestDatabase;
  /** Its data directory. */
  readonly data: string;
  /** Starts it, and resolves when it takes queries. */
  start(): Promise<void>;
  /** Sends the signal to the postmaster, and resolves when that is gone: SIGINT stops it fast, SIGQUIT at once. */
  stop(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>;
  /** Kills the postmaster and every process of it, as a failure of the machine would, and resolves when all are gone. */
  kill(): Promise<void>;
}

/** Long, as it may recover first, on a machine that runs other tests too. */
const startMs = 60_000;

/** Makes one, as durable as that of a server, and starts it. To be called outside of tests; it goes after the last one. */
export async function startOwnPostgres(settings: Readonly<Record<string, string>> = {}): Promise<OwnPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-own-'));
  const first = await startEmbeddedPostgres({ directory });
  await applyMigrations(first.url);
  await first.stop();

  const data = join(directory, 'postgres');
  const guardian = startGuardian();
  const account = await accountFor(data);
  const installation = await prepareInstallation(account, guardian);
  const port = await freePort();
  const url = new URL(first.url);
  url.port = String(port);

  const { path, options } = onCluster(data, account);
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port), ...settings };
  const args = ['-D', path, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const program = { file: installation.postgres, args, options };
  let ended: Promise<unknown> = Promise.resolve();
  const postmaster = async () => Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10);

  const own: Omit<OwnPostgres, 'database'> = {
    data,
    async start() {
      let isOver = true;
      await waitUntil(
        'PostgreSQL takes queries',
        async () => {
          // The processes of the one before may be there for a moment.
          if (isOver) {
            isOver = false;
            ended = guardian.run(program).then(() => {
              isOver = true;
            });
          }
          return takesQueries(url.href);
        },
        startMs,
      );
    },
    async stop(signal) {
      process.kill(await postmaster(), signal);
      await ended;
    },
    async kill() {
      const pid = await postmaster();
      const children = await childrenOf(pid);
      // The postmaster first, or it would start them again.
      for (const each of [pid, ...children]) killIfThere(each);
      await ended;
    },
  };
  await own.start();
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
  pool.on('error', () => {});
  afterAll(async () => {
    await pool.end();
    await guardian.end();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  const query: TestDatabase['query'] = async (sql, values) => (await pool.query(sql, values)).rows;
  return { ...own, database: { ...openTestDatabase(url.href), query } };
}

async function takesQueries(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const listing = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }));
  return listing.stdout.trim().split(/\s+/).filter(Boolean).map(Number);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
