import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

export interface ServerProcess {
  readonly process: ChildProcess;
  /** All it has written so far, to standard output and standard error. */
  readonly output: () => string;
  /** Every entry of its log so far. */
  readonly logged: () => Record<string, unknown>[];
  /** Resolves to where it answers, and rejects when it ends before that. */
  readonly listening: Promise<string>;
  /** Resolves to its exit code, when it has ended and has been heard to the end. */
  readonly ended: Promise<number | null>;
}

/** Builds the server and the console if their sources have changed. To be called before the first `startServer`. */
export async function compileServer(): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/run.cjs', 'build']);
}

/** A directory that is removed after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-process-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

export interface StartOptions {
  /** Where it runs. A place without a file .env, unless given. */
  readonly directory?: string;
  /** The compiled server. That of this checkout, unless given. */
  readonly program?: string;
  /** Whether it has a process group of its own, as a command in a terminal has. */
  readonly detached?: boolean;
  /** Says when it is to be stopped: after the test, unless given. */
  readonly onEnd?: (stop: () => Promise<void>) => void;
}

/**
 * Runs the compiled server as a process of its own, as `npm start` does, on a free port, with these settings and no
 * others.
 */
export function startServer(settings: Record<string, string>, options: StartOptions = {}): ServerProcess {
  const { directory = tmpdir(), program = resolve('dist/src/main.js'), detached = false } = options;
  const { onEnd = onTestFinished } = options;
  const { PATH, TMPDIR } = process.env;
  const child = spawn(process.execPath, [program], {
    cwd: directory,
    detached,
    env: { PATH, ...(TMPDIR && { TMPDIR }), PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));

  const ended = once(child, 'close').then(([code]) => code as number | null);
  const listening = new Promise<string>((resolveUrl, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"msg":"Listening"')) resolveUrl(JSON.parse(line).url);
    });
    void ended.then((code) => reject(new Error(`The server ended with code ${code}:\n${output}`)));
  });
  listening.catch(() => {});
  onEnd(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return { process: child, output: () => output, logged: () => parseLog(output), listening, ended };
}

function parseLog(output: string): Record<string, unknown>[] {
  // The last line may be half of one.
  const lines = output.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{"level"')).map((line) => JSON.parse(line));
}
