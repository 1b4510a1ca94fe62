import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type pg from 'pg';
import { accountFor, type Cluster, onCluster, openCluster, removeLeftovers } from './cluster.ts';
import { DataDirectoryInUseError, EmbeddedPostgresError, PostgresExitedError } from './errors.ts';
import { freePort } from './free-port.ts';
import { type Guardian, type Program, type ProgramEnd, startGuardian } from './guardian.ts';
import { type Installation, prepareInstallation } from './installation.ts';
import { claim, keepOwnership, settlePredecessor } from './ownership.ts';
import { poll } from './poll.ts';
import { readPostmaster, stopPostmaster } from './postmaster.ts';

export interface EmbeddedPostgresOptions {
  /** Where everything is kept: the data in `postgres`, the log in `postgres.log`. Made if it is not there. */
  directory: string;
  /** False trades the safety of the data in a power failure for speed. For tests. Default true. */
  durable?: boolean;
  /** True removes the directory when PostgreSQL has stopped, and also when this process was killed. For tests. */
  temporary?: boolean;
  /** Settings of PostgreSQL, which win over the ones made here. */
  settings?: Record<string, string>;
  /** Called when PostgreSQL ends although nobody stopped it. It stays down. */
  onExit?: (error: PostgresExitedError) => void;
}

export interface EmbeddedPostgres {
  /** The database `taproot`, as the role `taproot`, which owns it, may create others, and is no superuser. */
  url: string;
  /** Stops PostgreSQL, whoever is connected, and resolves when it is gone. May be called again. */
  stop(): Promise<void>;
}

const START_MS = 120_000;
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
};
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
// How PostgreSQL ends when somebody shut it down in good order.
const SHUT_DOWN = 0;
// What PostgreSQL says when it does not start over something that passes: a port that another program took meanwhile,
// the first moments of a rival, or the last ones of its predecessor.
const PASSING =
  /Address already in use|lock file "\S*" (already exists|is empty)|bogus data in lock file|pre-existing shared memory/;

/**
 * Starts PostgreSQL on the directory, on a free port of 127.0.0.1, and resolves when it takes queries. It stops with
 * this process, whatever that dies of, and what an earlier process left behind is cleared away first.
 *
 * @throws {DataDirectoryInUseError} when another live server uses the directory
 * @throws {PostgresExitedError} when PostgreSQL does not start
 * @throws {EmbeddedPostgresError} when it cannot be run here, or not on this data
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  const data = join(directory, 'postgres');
  const guardian = startGuardian();
  try {
    const isNew = !existsSync(data);
    if (options.temporary && isNew) guardian.remove(directory);
    await mkdir(directory, { recursive: true }).catch((error: Error) => {
      throw new EmbeddedPostgresError(
        `The directory ${directory} of the embedded PostgreSQL cannot be made: ${error.message}. Let DATA_DIR name one ` +
          'that can be, or set DATABASE_URL to a PostgreSQL database.',
        { cause: error },
      );
    });
    const account = await accountFor(data);
    const installation = await prepareInstallation(account, guardian);
    const cluster = await openCluster(data, account, installation, guardian, options.durable ?? true);
    const launched = await launch(cluster, installation, guardian, options);
    // Not before it is known that the data is no other server's.
    if (options.temporary && !isNew) guardian.remove(directory);
    await removeLeftovers(cluster, installation, guardian);
    await provideDatabase(launched.session, cluster);
    return supervise(cluster, guardian, launched, options);
  } catch (error) {
    await guardian.end();
    throw error;
  }
}

interface Launched {
  port: number;
  pid: number;
  session: pg.Client;
  ended: Promise<ProgramEnd>;
}

/**
 * Runs PostgreSQL and makes the cluster this server's own. Starts over when something that passes gets in the way. Of
 * two servers that start at once, one may take the PostgreSQL of the other for an orphan and shut it down: the cluster
 * is that server's then.
 */
async function launch(
  cluster: Cluster,
  installation: Installation,
  guardian: Guardian,
  options: EmbeddedPostgresOptions,
): Promise<Launched> {
  let log = '';
  const launched = await poll(START_MS, async (): Promise<Launched | undefined> => {
    await settlePredecessor(cluster);
    const port = await freePort();
    const ended = guardian.run(postgres(cluster, installation, port, options));
    const found = await claimWhenReady(cluster, port, ended);
    if (!found) return undefined;
    if ('tail' in found) {
      log = found.tail;
      if (found.code === SHUT_DOWN) throw new DataDirectoryInUseError(cluster.data);
      if (PASSING.test(log)) return undefined;
      throw new PostgresExitedError(`PostgreSQL did not start on ${cluster.data} (${describeEnd(found)})`, log);
    }
    if (found.state === 'held') throw new DataDirectoryInUseError(cluster.data, found.by);
    const pid = (await readPostmaster(cluster.data))?.pid ?? Number.NaN;
    return { port, pid, session: found.session, ended };
  });
  if (launched) return launched;
  throw new PostgresExitedError(`PostgreSQL did not start on ${cluster.data} within ${START_MS / 1000} s`, log);
}

/** Asks for the lock until it is granted or another server has it. Tells how PostgreSQL ended, if it does so first. */
async function claimWhenReady(cluster: Cluster, port: number, ended: Promise<ProgramEnd>) {
  const over = new AbortController();
  void ended.then(() => over.abort());
  return poll(START_MS, async () => {
    if (over.signal.aborted) return ended;
    const answer = await claim(cluster, port, true);
    return answer.state === 'granted' || answer.state === 'held' ? answer : undefined;
  });
}

function postgres(
  { data, account }: Cluster,
  { postgres: file }: Installation,
  port: number,
  { durable = true, settings }: EmbeddedPostgresOptions,
): Program {
  const { path, options } = onCluster(data, account);
  const all = { ...SETTINGS, port: String(port), ...(durable ? {} : NOT_DURABLE), ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return { file, args: ['-D', path, ...args], options, log: `${data}.log` };
}

function describeEnd({ error, code, signal }: ProgramEnd): string {
  return error ?? (signal ? `killed by ${signal}` : `exit code ${code}`);
}

async function provideDatabase(session: pg.Client, { password }: Cluster): Promise<void> {
  const { rows } = await session.query(
    `select exists (select from pg_roles where rolname = 'taproot') as role,
            exists (select from pg_database where datname = 'taproot') as database`,
  );
  if (!rows[0].role)
    await session.query(`create role taproot login createdb password ${session.escapeLiteral(password)}`);
  if (!rows[0].database) await session.query('create database taproot owner taproot');
}

/** Keeps the running PostgreSQL in this server's hands, and tells when it ends by itself. */
function supervise(
  cluster: Cluster,
  guardian: Guardian,
  launched: Launched,
  { onExit }: EmbeddedPostgresOptions,
): EmbeddedPostgres {
  const { port, pid, session, ended } = launched;
  const over = new AbortController();
  let unguarded = false;
  let stopped: Promise<void> | undefined;

  keepOwnership(cluster, port, session, over.signal);
  void ended.then((end) => {
    unguarded = end.unguarded ?? false;
    if (unguarded || over.signal.aborted) return;
    over.abort();
    onExit?.(new PostgresExitedError(`PostgreSQL ended unexpectedly (${describeEnd(end)})`, end.tail));
  });
  guardian.unref();

  const stop = async () => {
    over.abort();
    await guardian.end();
    if (unguarded && (await readPostmaster(cluster.data))?.pid === pid) await stopPostmaster(pid);
  };
  return {
    url: `postgresql://taproot:${cluster.password}@127.0.0.1:${port}/taproot`,
    stop: () => (stopped ??= stop()),
  };
}
