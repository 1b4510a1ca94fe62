import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, test as base, vi } from 'vitest';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/database/embedded/server.ts';
import { type ServerOptions, type ServerProcess, type SpawnOptions, spawnServer } from './server-process.ts';

/** How long to wait for what should happen soon, for `expect.poll`. */
export const PATIENTLY = { timeout: 30_000 };

// Each test starts processes, on a machine that runs other tests too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

// Making a data directory takes most of the time of a first start. All tests but those of a first start copy this one.
let template: Promise<string> | undefined;
afterAll(async () => {
  if (template) await rm(await template, { recursive: true, force: true });
});

async function makeTemplate(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-embedded-'));
  await (await startEmbeddedPostgres({ directory, durable: false })).stop();
  return directory;
}

/**
 * A test with what makes directories and servers for it, and stops and removes them after it, the last made first. Tests
 * share nothing, and may run concurrently with the `expect` of their context.
 */
export const test = base
  /** Makes a directory, for its owner alone unless the mode says otherwise. */
  .extend('emptyDirectory', ({ onTestFinished }) => async (mode = 0o700, parent = tmpdir()): Promise<string> => {
    const directory = await mkdtemp(join(parent, 'taproot-embedded-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    await chmod(directory, mode);
    return directory;
  })
  /** Makes a directory in whose data PostgreSQL has run, and was stopped. */
  .extend('usedDirectory', ({ emptyDirectory }) => async (): Promise<string> => {
    const directory = await emptyDirectory();
    template ??= makeTemplate();
    await copy(join(await template, 'postgres'), directory);
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
