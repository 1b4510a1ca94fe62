import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import deepFolders from './deep-folders.json' with { type: 'json' };
import type { Tried } from './effort.ts';

/** The seed of every run that is not a deep one. */
const fixedSeed = 20_261_126;

const seedBound = 2 ** 31;

/** Says how much is to be tried, and returns what prints how much was. */
export async function openReport(project: TestProject): Promise<() => Promise<void>> {
  const isDeep = process.env['TEST_DEPTH'] === 'deep';
  const seed = seedFrom(process.env['TEST_SEED']) ?? (isDeep ? randomInt(seedBound) : fixedSeed);
  const directory = await mkdtemp(join(tmpdir(), 'taproot-tried-'));
  const triedFile = join(directory, 'tried');
  project.provide('effort', { isDeep, seed });
  project.provide('triedFile', triedFile);
  if (isDeep) project.vitest.logger.log(`Seed ${seed}. TEST_SEED=${seed} repeats this run.`);
  return async () => {
    const lines = (await readFile(triedFile, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    await rm(directory, { recursive: true });
    const violations = countViolations(project);
    if (lines.length === 0 && violations === 0) return;
    const totals = new Map<Tried, number>();
    for (const line of lines) {
      const { what, count } = JSON.parse(line) as { what: Tried; count: number };
      totals.set(what, (totals.get(what) ?? 0) + count);
    }
    const tried = [...totals].toSorted().map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
    project.vitest.logger.log(`\nTried ${tried.join(', ') || 'nothing'}, from seed ${seed}: ${violations} violations.`);
  };
}

/** @throws Error unless it is a seed, or not set */
function seedFrom(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (seed < seedBound) return seed;
  throw new Error(
    `TEST_SEED must be a whole number from 0 to ${seedBound - 1}, as a deep run prints it, and not "${text}"`,
  );
}

/**
 * All that went wrong where violations are looked for: tests that failed, files that could not be loaded, hooks (the one
 * that looks for deadlocks among them), and errors that nobody caught.
 */
function countViolations({ vitest }: TestProject): number {
  const modules = vitest.state
    .getTestModules()
    .filter(({ relativeModuleId }) => deepFolders.some((folder) => relativeModuleId.startsWith(`${folder}/`)));
  const failures = modules.flatMap((module) => [
    ...module.errors(),
    ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
    ...module.children.allTests('failed'),
  ]);
  const paths = new Set(modules.map(({ moduleId }) => moduleId));
  const uncaught = (vitest.state.getUnhandledErrors() as { readonly VITEST_TEST_PATH?: string }[]).filter(
    ({ VITEST_TEST_PATH: path }) => path === undefined || paths.has(path),
  );
  return failures.length + uncaught.length;
}
