import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { EmbeddedPostgresOptions } from '../../src/database/embedded/server.ts';

/** The module under test as a process of its own runs it: compiled. */
export const COMPILED = fileURLToPath(new URL('../../dist/src/database/embedded/', import.meta.url));

/** `exits` makes the process end by itself once the server has started. */
export type ServerOptions = EmbeddedPostgresOptions & { exits?: boolean };
/** `embedded` names a copy of the module under test. */
export type SpawnOptions = { embedded?: string; uid?: number; gid?: number; env?: NodeJS.ProcessEnv };

/** What came of a server's start: the URL, or the error. */
type Result = { url?: string; name?: string; message?: string };

export interface ServerProcess {
  readonly process: ChildProcess;
  readonly result: Promise<Result>;
  /** What it writes after the result: `interrupted` on every SIGINT. */
  readonly lines: Interface;
  /** Resolves to the exit code, when it has ended and has been heard to the end. */
  readonly ended: Promise<number | null>;
  /** Lets it stop in good order, and resolves when it is gone. */
  end(): Promise<void>;
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a server in a process of its own, in a session of its own. It stops when its standard input ends. */
export function spawnServer(options: ServerOptions, { embedded = COMPILED, ...how }: SpawnOptions = {}): ServerProcess {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(pathToFileURL(join(embedded, 'server.js')).href)};
    const options = JSON.parse(process.argv[1]);
    process.on('SIGINT', () => console.log('interrupted'));
    try {
      const { url, stop } = await startEmbeddedPostgres(options);
      console.log(JSON.stringify({ url }));
      if (!options.exits) process.stdin.resume().on('end', stop);
    } catch ({ name, message }) {
      console.log(JSON.stringify({ name, message }));
    }`;
  const args = ['--input-type=module', '--eval', script, JSON.stringify({ durable: false, ...options })];
  const child = spawn(process.execPath, args, {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    ...how,
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const lines = createInterface({ input: child.stdout });
  const told = once(lines, 'line').then(([line]) => JSON.parse(line) as Result);
  return {
    process: child,
    result: Promise.race([told, ended.then(() => ({ message: 'the process ended' }))]),
    lines,
    ended,
    async end() {
      child.stdin.end();
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
