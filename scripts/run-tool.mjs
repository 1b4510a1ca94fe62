// Runs the development tools as child processes, by the file that is their program: no shell, no PATH.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The programs of the tools, below node_modules. */
export const tool = {
  biome: '@biomejs/biome/bin/biome',
  codegen: '@graphql-codegen/cli/esm/bin.js',
  playwright: '@playwright/test/cli.js',
  prisma: 'prisma/build/index.js',
  tsc: 'typescript/bin/tsc',
  tsx: 'tsx/dist/cli.mjs',
  vite: 'vite/bin/vite.js',
  vitest: 'vitest/vitest.mjs',
};

/** A failure whose message says all there is to say: no stack is printed. */
export class ExpectedError extends Error {
  expected = true;
}

/** Runs a tool on this terminal, and ends this process with the tool's exit code when that is not 0. */
export async function run(program, args) {
  const { code } = await execute([`${root}/node_modules/${program}`, ...args], { stdio: 'inherit' });
  if (code !== 0) process.exit(code);
}

/** Runs a Node.js program and resolves to its exit code, and to what it printed unless that went to the terminal. */
export function execute(args, { stdio = ['ignore', 'pipe', 'pipe'], env = process.env } = {}) {
  // Tools find their plugins by PATH, as npm sets it.
  const PATH = [join(root, 'node_modules', '.bin'), env.PATH].join(delimiter);
  const child = spawn(process.execPath, args, { cwd: root, stdio, env: { ...env, PATH } });
  let output = '';
  child.stdout?.on('data', (data) => (output += data));
  child.stderr?.on('data', (data) => (output += data));

  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone has to be handed on.
  const forward = (signal) => child.kill(signal);
  const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 143), output });
    });
  });
}
