import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll } from 'vitest';
import type { Account } from '../../src/database/embedded/account.ts';
import { accountFor, onCluster } from '../../src/database/embedded/cluster.ts';
import { freePort } from '../../src/database/embedded/free-port.ts';
import { type Program, startGuardian } from '../../src/database/embedded/guardian.ts';
import { prepareInstallation } from '../../src/database/embedded/installation.ts';
import { startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { applyMigrations } from '../../src/database/migrations.ts';
import { waitUntil } from '../support/barriers.ts';
import { childrenOf } from '../support/child-processes.ts';
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
  /** Kills the postmaster and every process of it, and resolves when all are gone. What they have written stays with the system. */
  kill(): Promise<void>;
}

/** Long, as it may recover first, on a machine that runs other tests too. */
const startMs = 60_000;

export interface OwnPostgresOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Has its data on a disk of its own, of so many megabytes, which needs `canMount`. What is written there goes with a stop. */
  readonly diskMegabytes?: number;
}

/** Whether a disk can be made for a process: Linux lets it do so for itself alone, unless the system was told not to. */
export function canMount(): boolean {
  const [file, ...args] = withDisk(16, tmpdir(), { uid: 1, gid: 1 }, ['true']);
  // As an ordinary user, also where this is root.
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const cwd = mkdtempSync(join(tmpdir(), 'taproot-empty-'));
  chmodSync(cwd, 0o755);
  try {
    return spawnSync(file, args, { ...account, cwd }).status === 0;
  } finally {
    rmdirSync(cwd);
  }
}

/**
 * The command that copies its directory to a new disk in memory at the mount point, and runs another command there. The
 * disk is there for that one alone. It has to be root to mount it, in a name space of its own, and is itself again in one
 * more, as PostgreSQL refuses to be root.
 */
function withDisk(megabytes: number, at: string, { uid, gid }: Account, command: string[]): [string, ...string[]] {
  const script = `mount -t tmpfs -o size=${megabytes}m,mode=700 tmpfs "$0" && cp -R . "$0/data" && chmod 700 "$0/data" && cd "$0/data" &&
    exec unshare --user --map-user=${uid} --map-group=${gid} "$@"`;
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, at, ...command];
}

/** Makes one, as durable as that of a server, and starts it. To be called outside of tests; it goes after the last one. */
export async function startOwnPostgres({ settings, diskMegabytes }: OwnPostgresOptions = {}): Promise<OwnPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-own-'));
  const first = await startEmbeddedPostgres({ directory });
  await applyMigrations(first.url);
  await first.stop();

  const data = join(directory, 'postgres');
  const guardian = startGuardian();
  const account = await accountFor(data);
  const installation = await prepareInstallation(account, guardian);
  const url = new URL(first.url);
  const { path, options } = onCluster(data, account);
  const directoryThere = diskMegabytes === undefined ? path : '.';
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const args = ['-D', directoryThere, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const mountPoint = await mkdtemp(join(tmpdir(), 'taproot-disk-'));
  const owner = account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  await chown(mountPoint, owner.uid, owner.gid);
  function program(): Program {
    const command: [string, ...string[]] = [installation.postgres, ...args, '-c', `port=${url.port}`];
    const [file, ...rest] = diskMegabytes === undefined ? command : withDisk(diskMegabytes, mountPoint, owner, command);
    return { file, args: rest, options };
  }
  let hasServed = false;
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
            // Another program may take the port before it does. Once it is known to others it stays.
            if (!hasServed) url.port = String(await freePort());
            ended = guardian.run(program()).then(() => {
              isOver = true;
            });
          }
          return takesQueries(url.href);
        },
        startMs,
      );
      hasServed = true;
    },
    async stop(signal) {
      process.kill(await postmaster(), signal);
      await ended;
    },
    async kill() {
      const pid = await postmaster();
      const children = childrenOf(pid);
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
    for (const path of [directory, mountPoint]) await rm(path, { recursive: true, force: true, maxRetries: 5 });
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

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
