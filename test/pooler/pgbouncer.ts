import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { accountForNewCluster } from '../../src/database/embedded/account.ts';
import { freePort } from '../../src/database/embedded/free-port.ts';
import { waitUntil } from '../support/barriers.ts';
import { databaseUrl } from '../support/database.ts';

/** A PgBouncer before one PostgreSQL, in transaction mode. */
export interface PgBouncer {
  /** The database of the same name, through the pooler. */
  urlOf(direct: string): string;
  /** Runs a command of its console, and returns what it shows. */
  command(command: string): Promise<Record<string, unknown>[]>;
  /** Breaks all connections at once, as a crash would. `start` brings it back, at the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** Settings of PgBouncer that win over those of the tests. */
export type PgBouncerSettings = Readonly<Record<string, string | number>>;

const oldestVersion = [1, 21] as const;

/**
 * Starts PgBouncer before the server of this URL, with its role and password. Whoever starts it stops it.
 *
 * @throws when there is none that can keep prepared statements
 */
export async function startPgBouncer(serverUrl: string, settings: PgBouncerSettings = {}): Promise<PgBouncer> {
  const program = process.env['PGBOUNCER'] || 'pgbouncer';
  await requireVersion(program);
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'taproot-pgbouncer-'));
  const files = {
    'users.txt': `"${username}" "${password}"\n`,
    'pgbouncer.ini': configuration(`* = host=${hostname} port=${serverPort}`, {
      listen_addr: '127.0.0.1',
      listen_port: port,
      unix_socket_dir: '',
      auth_type: 'scram-sha-256',
      auth_file: 'users.txt',
      admin_users: username,
      pool_mode: 'transaction',
      max_prepared_statements: 200,
      // Far fewer than the tests have clients.
      default_pool_size: 4,
      query_wait_timeout: 5,
      ...settings,
    }),
  };
  // It refuses to run as root, just as PostgreSQL does.
  const account = await accountForNewCluster();
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 });
  if (account) {
    for (const name of ['', ...Object.keys(files)]) await chown(join(directory, name), account.uid, account.gid);
  }

  let child: ChildProcess;
  const urlOf = (direct: string) => {
    const url = new URL(direct);
    url.host = `127.0.0.1:${port}`;
    return url.href;
  };
  const command = async (text: string) => {
    const client = new pg.Client({ connectionString: databaseUrl(urlOf(serverUrl), 'pgbouncer') });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    let output = '';
    child = spawn(program, ['pgbouncer.ini'], { ...account, cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    const answers = () =>
      command('show version').then(
        () => true,
        () => child.exitCode !== null,
      );
    await waitUntil('PgBouncer answers', answers);
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start:\n${output}`);
  };
  await start();
  return {
    urlOf,
    command,
    kill,
    start,
    async stop() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Takes so many of the sessions behind the pooler, each for a transaction of a client of its own, until `release`. */
export async function occupySessions(url: string, count: number): Promise<{ release(): Promise<void> }> {
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: url }));
  for (const client of clients) {
    await client.connect();
    await client.query('begin');
  }
  return {
    async release() {
      for (const client of clients) {
        await client.query('rollback');
        await client.end();
      }
    },
  };
}

async function requireVersion(program: string): Promise<void> {
  const { stdout } = await promisify(execFile)(program, ['--version']).catch(() => ({ stdout: '' }));
  const [major = 0, minor = 0] = /PgBouncer (\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? [];
  if (major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1])) return;
  throw new Error(
    `These tests need PgBouncer ${oldestVersion.join('.')} or newer. ${stdout ? `${program} is ${major}.${minor}` : `There is no ${program}`}. ` +
      'Install it (.ci/system-packages.sh does so on Debian), or let PGBOUNCER name one.',
  );
}

function configuration(database: string, settings: PgBouncerSettings): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return ['[databases]', database, '', '[pgbouncer]', ...lines, ''].join('\n');
}
