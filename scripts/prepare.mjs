// Makes ready what the tasks need, each step only when what it is made from has changed.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dependenciesAreInstalled, installDependencies } from './dependencies.mjs';
import { hashInputs } from './inputs.mjs';
import { withLock } from './lock.mjs';
import { ExpectedError, execute, root, tool } from './run-tool.mjs';

/**
 * A step either tells whether it `isDone`, or names its `inputs` and `outputs`: it is done when the outputs are there and
 * the first of them holds the stamp of the inputs as they are now.
 */
const steps = {
  dependencies: {
    does: 'Installing the dependencies',
    isDone: () => dependenciesAreInstalled(),
    make: () => installDependencies(),
  },
  peers: {
    does: 'Installing what the bench compares with',
    isDone: () => dependenciesAreInstalled('bench'),
    make: () => installDependencies('bench'),
  },
  client: {
    does: 'Generating the database client',
    inputs: ['package-lock.json', 'prisma.config.ts', 'prisma/schema.prisma'],
    outputs: ['src/generated/prisma', 'src/generated/pothos.ts'],
    make: () => runQuietly(tool.prisma, ['generate']),
  },
  documents: {
    does: 'Generating the typed documents',
    inputs: ['package-lock.json', 'codegen.ts', 'schema.graphql', 'test/contract/operations', 'src/console'],
    outputs: ['test/generated', 'src/generated/console.ts'],
    make: () => runQuietly(tool.codegen, []),
  },
  build: {
    does: 'Compiling the server',
    inputs: ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src', 'prisma/seed.ts'],
    outputs: ['dist/src', 'dist/src/main.js', 'dist/prisma'],
    make: compile,
  },
  console: {
    does: 'Building the console',
    inputs: ['package-lock.json', 'vite.config.ts', 'src/console', 'src/generated/console.ts'],
    outputs: ['dist/console', 'dist/console/index.html'],
    make: () => runQuietly(tool.vite, ['build']),
  },
};

/** Brings the named steps up to date, in this order. Prints a line for each that had something to do. */
export async function prepare(...names) {
  for (const name of names) {
    const step = steps[name];
    if (isDone(step)) continue;
    await withLock(join(root, '.prepare.lock'), async () => {
      // Another process may have done it while this one waited for the lock.
      if (isDone(step)) return;
      const inputs = step.inputs && hashInputs(step.inputs);
      await withProgress(step.does, step.make);
      if (inputs) await writeFile(stampOf(step), inputs);
    });
  }
}

function isDone(step) {
  if (step.isDone) return step.isDone();
  if (!step.outputs.every((output) => existsSync(join(root, output)))) return false;
  return existsSync(stampOf(step)) && readFileSync(stampOf(step), 'utf8') === hashInputs(step.inputs);
}

/** Says what is being done, and on the same line how long it took. */
async function withProgress(text, work) {
  const start = performance.now();
  process.stderr.write(`${text} …`);
  try {
    await work();
    process.stderr.write(` ${((performance.now() - start) / 1000).toFixed(1)} s`);
  } finally {
    process.stderr.write('\n');
  }
}

const stampOf = (step) => join(root, step.outputs[0], '.inputs');

/** Compiles beside the old output and then takes its place, so that a failure leaves the old one whole. */
async function compile() {
  const next = join(root, 'dist.next');
  await rm(next, { recursive: true, force: true });
  await runQuietly(tool.tsc, ['--project', 'tsconfig.build.json', '--outDir', next]);
  await mkdir(join(root, 'dist'), { recursive: true });
  for (const directory of ['src', 'prisma']) {
    await rm(join(root, 'dist', directory), { recursive: true, force: true });
    await rename(join(next, directory), join(root, 'dist', directory));
  }
  await rm(next, { recursive: true });
}

/** Runs a tool, and shows what it printed only when it fails. */
async function runQuietly(program, args) {
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  const { code, output } = await execute([join(root, 'node_modules', program), ...args], { env });
  if (code !== 0)
    throw new ExpectedError(`${output.trim()}\n\n${program.split('/')[0]} failed with exit code ${code}.`);
}
