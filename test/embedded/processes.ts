import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The processes behind a data directory in use. */
export async function processesOf(directory: string): Promise<{ postmaster: number; guardian: number }> {
  const postmaster = Number.parseInt(await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  const [guardian] = await ps('ppid', postmaster);
  return { postmaster, guardian: Number(guardian) };
}

/** Those of the processes that are there, and not merely waiting for their parent to hear of their end. */
export async function alive(...pids: number[]): Promise<number[]> {
  const states = await Promise.all(pids.map(async (pid) => (await ps('stat', pid))[0]));
  return pids.filter((_, index) => states[index] && !states[index].startsWith('Z'));
}

async function ps(column: string, pid: number): Promise<string[]> {
  const listing = promisify(execFile)('ps', ['-o', `${column}=`, '-p', String(pid)]);
  // It fails when there is no such process.
  const { stdout } = await listing.catch(() => ({ stdout: '' }));
  return stdout.trim().split('\n').filter(Boolean);
}
