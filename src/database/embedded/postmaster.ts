import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './errors.ts';
import { poll } from './poll.ts';

/** What the lock file of a data directory tells about the PostgreSQL that runs, or ran, on it. */
export interface Postmaster {
  pid: number;
  port: number;
  /** The lock file's text, by which to recognise it. */
  text: string;
}

const SHUTDOWN = [
  { signal: 'SIGINT', milliseconds: 20_000 },
  { signal: 'SIGQUIT', milliseconds: 10_000 },
  { signal: 'SIGKILL', milliseconds: 5_000 },
] as const;

/** Reads the lock file. Undefined: there is none. A file cut short by a power failure gives no pid (`NaN`). */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  return { pid: Number.parseInt(lines[0] ?? '', 10), port: Number.parseInt(lines[3] ?? '', 10), text };
}

/**
 * Removes a lock file that names a live process which is no PostgreSQL of this directory. PostgreSQL itself deals with
 * one whose process is gone.
 */
export async function removeStaleLock(data: string, stale: Postmaster): Promise<void> {
  const lock = join(data, 'postmaster.pid');
  const aside = `${lock}.${randomUUID()}`;
  // Another server may have come to the same conclusion and started meanwhile: its lock is put back.
  await rename(lock, aside).catch(() => undefined);
  const text = await readFile(aside, 'utf8').catch(() => stale.text);
  if (text !== stale.text) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Whether the process is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process is there and, where the system tells, is a PostgreSQL and no zombie of one. */
export async function isPostmaster(pid: number): Promise<boolean> {
  if (!(pid > 0) || !isAlive(pid)) return false;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat === '' || /^\d+ \(postgres\) [^ZX]/.test(stat);
}

/**
 * Stops a PostgreSQL that is no child of this process, as fast as its data allows, and resolves when it is gone.
 *
 * @throws {EmbeddedPostgresError} when it cannot be stopped
 */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const { signal, milliseconds } of SHUTDOWN) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPERM') break;
    }
    if (await poll(milliseconds, async () => !(await isPostmaster(pid)) || undefined)) return;
  }
  throw new EmbeddedPostgresError(
    `The PostgreSQL that an earlier server left behind (process ${pid}) cannot be stopped.`,
  );
}
