import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Account } from './account.ts';

/** A program for the guardian to run. `log` names the file that keeps what it writes to standard error. */
export interface Program {
  file: string;
  args: string[];
  options: Partial<Account> & { cwd: string; env: NodeJS.ProcessEnv };
  log?: string;
}

/** How a program ended. `tail` is the last it wrote; `error` says why it could not be run at all. */
export interface ProgramEnd {
  code?: number | null;
  signal?: NodeJS.Signals | null;
  error?: string;
  /** The guardian was killed: the program may still run. */
  unguarded?: boolean;
  tail: string;
}

/** The server's end of its guardian process, whose work `guardian.script.ts` describes. */
export interface Guardian {
  /** Has `path` removed when the server ends, however it ends. To be called before the path is made. */
  remove(path: string): void;
  /** Runs one program, which ends with the server at the latest. Resolves when it has ended, and never rejects. */
  run(program: Program): Promise<ProgramEnd>;
  /** Lets the server's process end although the guardian is there. */
  unref(): void;
  /** Stops what is running, removes what was to be removed, and resolves when the guardian is gone. */
  end(): Promise<void>;
}

const GUARDIAN_KILLED: ProgramEnd = { error: 'the process that guards it was killed', unguarded: true, tail: '' };

/** Starts a guardian in a session of its own, so that a terminal's Ctrl-C reaches the server alone. */
export function startGuardian(): Guardian {
  const script = readFileSync(fileURLToPath(new URL(`./guardian.script${extname(import.meta.url)}`, import.meta.url)));
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script.toString()], {
    cwd: '/',
    detached: true,
    env: { ...process.env, NODE_OPTIONS: undefined },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const gone = Promise.race([once(child, 'close'), once(child, 'error')]).catch(() => undefined);
  // A guardian that was killed shows by its `close`, not by an error of its pipes.
  for (const pipe of [child.stdin, child.stdout]) pipe.on('error', () => {});

  const temporary: string[] = [];
  const ends = createInterface({ input: child.stdout });
  const tell = (message: { remove: string } | { run: Program }) => child.stdin.write(`${JSON.stringify(message)}\n`);
  return {
    remove(path) {
      temporary.push(path);
      tell({ remove: path });
    },
    async run(program) {
      const ended = once(ends, 'line').then(([line]) => JSON.parse(line as string) as ProgramEnd);
      tell({ run: program });
      return Promise.race([ended, gone.then(() => GUARDIAN_KILLED)]);
    },
    unref() {
      child.unref();
      for (const pipe of [child.stdin, child.stdout]) if (pipe instanceof Socket) pipe.unref();
    },
    async end() {
      child.ref();
      child.stdin.end();
      await gone;
      // Already done, unless the guardian was killed.
      for (const path of temporary) await rm(path, { recursive: true, force: true });
    },
  };
}
