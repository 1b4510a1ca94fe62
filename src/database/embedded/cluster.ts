import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Account, accountForNewCluster } from './account.ts';
import { EmbeddedPostgresError, PostgresExitedError } from './errors.ts';
import type { Guardian, Program } from './guardian.ts';
import { COPY_NAME, type Installation } from './installation.ts';

/** A data directory of PostgreSQL, whose superuser `postgres` has the password. */
export interface Cluster {
  data: string;
  account: Account | undefined;
  password: string;
}

const PASSWORD_FILE = 'taproot.password';
const FREE_BYTES_FOR_NEW_CLUSTER = 200_000_000;

/**
 * The account that PostgreSQL must run as for this data directory: that of its owner, if it exists. Undefined means the
 * server's own.
 *
 * @throws {EmbeddedPostgresError} when the owner is somebody else, or root
 */
export async function accountFor(data: string): Promise<Account | undefined> {
  const owner = await stat(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new EmbeddedPostgresError(`The data directory ${data} cannot be reached: ${error.message}`, { cause: error });
  });
  const uid = process.getuid?.();
  if (!owner) return accountForNewCluster();
  if (owner.uid === 0) {
    throw new EmbeddedPostgresError(
      `The data directory ${data} belongs to root, and PostgreSQL refuses to run as root. ` +
        'Give it to another user (chown -R).',
    );
  }
  if (uid === 0) return { uid: owner.uid, gid: owner.gid };
  if (owner.uid === uid) return undefined;
  throw new EmbeddedPostgresError(
    `The data directory ${data} belongs to user ${owner.uid}, and this is user ${uid}. ` +
      'Run the server as that user, give the directory to this one (chown -R), or set DATA_DIR to another.',
  );
}

/**
 * Opens the data directory, and makes it first where there is none. Of several servers that do so at once one makes it
 * and all open it; a server that dies meanwhile leaves nothing half-made.
 *
 * @throws {EmbeddedPostgresError} when it is of another major version, not ours, not writable, or the disk is full
 */
export async function openCluster(
  data: string,
  account: Account | undefined,
  installation: Installation,
  guardian: Guardian,
  durable: boolean,
): Promise<Cluster> {
  if (!(await exists(data))) await makeCluster(data, account, installation, guardian, durable);

  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '');
  const password = await readFile(join(data, PASSWORD_FILE), 'utf8').catch(() => '');
  if (!version || !password) {
    throw new EmbeddedPostgresError(
      `${data} is not a data directory that this server made. Move it away, or set DATA_DIR to another.`,
    );
  }
  if (version.trim() !== installation.majorVersion) {
    throw new EmbeddedPostgresError(
      `The data in ${data} was written by PostgreSQL ${version.trim()}, and this is ${installation.majorVersion}, ` +
        'which cannot read it. Dump it with the former version and restore it here, or set DATA_DIR to another directory.',
    );
  }
  return { data, account, password: password.trim() };
}

/** How to run a program on the data directory, as its account, whatever of the way to it that account may enter. */
export function onCluster(data: string, account: Account | undefined): { path: string; options: Program['options'] } {
  // The working directory is entered before the account is changed, and Linux has a name for it.
  const path = account && process.platform === 'linux' ? '/proc/self/cwd' : data;
  return { path, options: { ...account, cwd: data, env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '', TZ: 'UTC' } } };
}

/**
 * Removes what an earlier server could not, because its guardian was killed with it: half-made data directories and a
 * temporary copy of the programs. Notes the copy that is in use now, for the next server.
 */
export async function removeLeftovers({ data }: Cluster, { copy }: Installation, guardian: Guardian): Promise<void> {
  const directory = dirname(data);
  for (const name of await readdir(directory)) {
    if (name.startsWith(`${basename(data)}.new-`)) await remove(join(directory, name));
  }
  const note = `${data}.copy`;
  const former = await readFile(note, 'utf8').catch(() => '');
  if (COPY_NAME.test(basename(former))) await remove(former);
  guardian.remove(note);
  await (copy ? writeFile(note, copy) : remove(note));
}

async function makeCluster(
  data: string,
  account: Account | undefined,
  installation: Installation,
  guardian: Guardian,
  durable: boolean,
): Promise<void> {
  const staging = `${data}.new-${randomUUID()}`;
  const made = join(staging, 'data');
  const password = join(staging, 'password');
  guardian.remove(staging);
  try {
    await mkdir(made, { recursive: true, mode: 0o700 });
    await writeFile(password, randomBytes(24).toString('hex'), { mode: 0o600 });
    if (account) for (const path of [staging, made, password]) await chown(path, account.uid, account.gid);
    await requireSpace(dirname(data));

    const { path, options } = onCluster(made, account);
    const args = [`--pgdata=${path}`, `--pwfile=${path}/../password`, '--username=postgres', '--auth=scram-sha-256'];
    args.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
    if (!durable) args.push('--no-sync');
    const { code, error, tail } = await guardian.run({ file: installation.initdb, args, options });
    if (code !== 0)
      throw new PostgresExitedError(`PostgreSQL could not make ${data} (${error ?? 'initdb failed'})`, tail);

    await rename(password, join(made, PASSWORD_FILE));
    await rename(made, data);
    if (durable) await syncDirectory(dirname(data));
  } catch (error) {
    // Another server was faster, and has perhaps tidied up after this one already.
    if (await exists(data)) return;
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(`The data directory ${data} cannot be made: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await remove(staging);
  }
}

async function requireSpace(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= FREE_BYTES_FOR_NEW_CLUSTER) return;
  throw new EmbeddedPostgresError(
    `The disk of ${path} has ${Math.floor((bavail * bsize) / 1e6)} MB left, and a new database needs ` +
      `${FREE_BYTES_FOR_NEW_CLUSTER / 1e6}. Make room, or set DATA_DIR to a directory on another disk.`,
  );
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}
