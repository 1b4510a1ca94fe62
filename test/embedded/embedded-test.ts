import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { test as base } from 'vitest';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/database/embedded/server.ts';
import { type ServerOptions, type ServerProcess, type SpawnOptions, spawnServer } from './server-process.ts';

/** How long to wait for what should happen soon, for `expect.poll`. */
export const PATIENTLY = { timeout: 30_000 };

/** For `vi.setConfig`, in each file: its tests start processes, on a machine that runs other tests too. */
export const SLOW = { testTimeout: 90_000, hookTimeout: 90_000 };

/**
 * A test with what makes directories and servers for it, and stops and removes them after it, the last made first. Tests
 * share nothing, and may run concurrently with the `expect` of their context.
 */
export const test = base
  /** Making a data directory takes most of the time of a first start. All tests but those of a first start copy this one. */
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern what a fixture needs
  .extend('template', { scope: 'file' }, async ({}, { onCleanup }) => {
    const directory = await mkdtemp(join(tmpdir(), 'taproot-embedded-'));
    onCleanup(() => rm(directory, { recursive: true, force: true }));
    await (await startEmbeddedPostgres({ directory, durable: false })).stop();
    return directory;
  })
  /** Makes a directory, for its owner alone unless the mode says otherwise. */
  .extend('emptyDirectory', ({ onTestFinished }) => async (mode = 0o700, parent = tmpdir()): Promise<string> => {
    const directory = await mkdtemp(join(parent, 'taproot-embedded-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    await chmod(directory, mode);
    return directory;
  })
  /** Makes a directory in whose data PostgreSQL has run, and was stopped. */
  .extend('usedDirectory', ({ emptyDirectory, template }) => async (): Promise<string> => {
    const directory = await emptyDirectory();
    await copy(join(template, 'postgres'), directory);
    return directory;
  })
  /** Starts a server in the process of the test. Like all of them it is not durable unless told otherwise. */
  .extend(
    'start',
    ({ onTestFinished }) =>
      async (directory: string, options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> => {
        const postgres = await startEmbeddedPostgres({ directory, durable: false, ...options });
        onTestFinished(postgres.stop);
        return postgres;
      },
  )
  /** Starts a process with a server in it, and does not wait for what comes of it. */
  .extend(
    'spawnServer',
    ({ onTestFinished }) =>
      (options: ServerOptions, spawnOptions?: SpawnOptions): ServerProcess => {
        const server = spawnServer(options, spawnOptions);
        onTestFinished(server.end);
        return server;
      },
  )
  /** Starts a process with a server in it, and resolves when it takes queries. */
  .extend('runServer', ({ spawnServer: spawn }) => async (options: ServerOptions, spawnOptions?: SpawnOptions) => {
    const server = spawn(options, spawnOptions);
    const { url, message } = await server.result;
    if (url === undefined) throw new Error(`The server did not start: ${message}`);
    return { ...server, url };
  });

/** Copies a directory into another one, owners, modes and links included. */
export async function copy(directory: string, into: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', directory, into]);
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
