// What the scripts of package.json do, in one place. Each prepares what it needs first, so that all of them work in a
// fresh clone.
import { createRequire } from 'node:module';
import { prepare } from './prepare.mjs';
import { run, tool } from './run-tool.mjs';

/** Biome colors even what goes to a file. */
const colors = process.stdout.isTTY ? [] : ['--colors=off'];

const tasks = {
  /** The compiled server, in this very process: signals sent to it reach the server. */
  async start() {
    await prepare('dependencies', 'client', 'documents', 'build', 'console');
    await import('../dist/src/main.js');
  },

  /** Installs what organizations lack. In this very process, as the server. */
  async backfill(args) {
    await prepare('dependencies', 'client', 'documents', 'build');
    process.argv.splice(2, process.argv.length, ...args);
    await import('../dist/src/cli/backfill.js');
  },

  /** The server from its sources, restarted when one changes. */
  async dev(args) {
    await prepare('dependencies', 'client', 'documents', 'console');
    await run(tool.tsx, ['watch', '--clear-screen=false', 'src/main.ts', ...args]);
  },

  /** The console from its sources, updated in the browser when one changes, against the server of `npm run dev`. */
  async 'dev:console'(args) {
    await prepare('dependencies', 'documents');
    await run(tool.vite, ['dev', ...args]);
  },

  async test(args) {
    await prepare('dependencies', 'client', 'documents', 'build', 'console');
    await run(tool.vitest, ['run', ...args]);
  },

  /** What looks for violations, with random seeds and for much longer than in `npm test`. TEST_SEED repeats a run. */
  async 'test:deep'(args) {
    process.env.TEST_DEPTH = 'deep';
    const folders = createRequire(import.meta.url)('../test/support/deep-folders.json');
    await tasks.test(args.some((argument) => argument.startsWith('test/')) ? args : [...folders, ...args]);
  },

  /** The console in a browser. Needs chromium-headless-shell or chromium from /usr/bin, or the browser that CHROMIUM names. */
  async 'test:console'(args) {
    await prepare('dependencies', 'client', 'documents', 'build', 'console');
    await run(tool.playwright, ['test', '--config=test/console/playwright.config.ts', ...args]);
  },

  /** The server behind PgBouncer: the one on the path, or the one that PGBOUNCER names. */
  async 'test:pooler'(args) {
    await prepare('dependencies', 'client', 'documents', 'build', 'console');
    await run(tool.vitest, ['run', '--config=test/pooler/vitest.config.ts', ...args]);
  },

  /** Measures the built server side by side with what could be used instead. */
  async bench(args) {
    await prepare('dependencies', 'client', 'documents', 'build', 'console', 'peers');
    await run(tool.tsx, ['bench/main.ts', ...args]);
  },

  async build() {
    await prepare('dependencies', 'client', 'documents', 'build', 'console');
  },

  async types() {
    await prepare('dependencies', 'client', 'documents');
    await run(tool.tsc, ['--noEmit']);
    await run(tool.tsc, ['--noEmit', '--project', 'src/console']);
  },

  async lint(args) {
    await prepare('dependencies');
    await run(tool.biome, ['ci', '--error-on-warnings', ...colors, ...args]);
  },

  async format(args) {
    await prepare('dependencies');
    await run(tool.biome, ['check', '--write', ...colors, ...args]);
  },

  /** Whether the schema is the one in schema.graphql, keeps what clients have been promised, and is covered by their operations. */
  async contract(args) {
    await tasks.test(['test/contract/schema', 'test/contract/agreement', 'test/contract/coverage', ...args]);
  },

  async check() {
    for (const task of ['lint', 'types', 'build', 'contract']) await tasks[task]([]);
  },

  /** Everything that is generated, whether its inputs changed or not: the Prisma client, schema.graphql, documents. */
  async codegen() {
    await prepare('dependencies');
    await run(tool.prisma, ['generate']);
    await run(tool.tsx, ['src/cli/print-schema.ts']);
    await run(tool.codegen, []);
  },

  async migration(args) {
    await prepare('dependencies', 'client');
    await run(tool.tsx, ['src/cli/migration.ts', ...args]);
  },

  /** Brings the named steps of prepare.mjs up to date. */
  prepare: (steps) => prepare(...steps),
};

/** Runs one task with the arguments of its command line. */
export async function runTask(name, args) {
  await tasks[name](args);
}
