import { mkdir, rmdir, stat, utimes } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ExpectedError } from './run-tool.mjs';

const BEAT_MS = 1_000;
/** A lock that was not touched for so long belongs to a process that died. */
const STALE_MS = 15_000;

/** Does the work while no other process does, in this checkout. The lock is a directory that its owner keeps touching. */
export async function withLock(directory, work) {
  await acquire(directory);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(directory, now, now).catch(() => {});
  }, BEAT_MS);
  const release = () => rmdir(directory).catch(() => {});
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await release();
  }
}

async function acquire(directory) {
  for (let waited = false; ; waited = true) {
    try {
      return await mkdir(directory);
    } catch (error) {
      if (error.code !== 'EEXIST') throw new ExpectedError(`This checkout cannot be prepared: ${error.message}`);
    }
    if (!waited) console.error('Waiting for another command that is preparing this checkout …');
    const { mtimeMs } = await stat(directory).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > STALE_MS) await rmdir(directory).catch(() => {});
    await delay(200);
  }
}
