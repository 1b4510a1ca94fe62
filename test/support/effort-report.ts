import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Tried } from './effort.ts';

/** The seed of every run that is not a deep one. */
const fixedSeed = 20_261_126;

/** Says how much is to be tried, and returns what prints how much was. */
export async function openReport(project: TestProject): Promise<() => Promise<void>> {
  const isDeep = process.env['TEST_DEPTH'] === 'deep';
  const seed = Number(process.env['TEST_SEED'] || (isDeep ? randomInt(2 ** 31) : fixedSeed));
  const directory = await mkdtemp(join(tmpdir(), 'taproot-tried-'));
  const triedFile = join(directory, 'tried');
  project.provide('effort', { isDeep, seed });
  project.provide('triedFile', triedFile);
  if (isDeep) project.vitest.logger.log(`Seed ${seed}. TEST_SEED=${seed} repeats this run.`);
  return async () => {
    const lines = (await readFile(triedFile, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    await rm(directory, { recursive: true });
    if (lines.length === 0) return;
    const totals = new Map<Tried, number>();
    for (const line of lines) {
      const { what, count } = JSON.parse(line) as { what: Tried; count: number };
      totals.set(what, (totals.get(what) ?? 0) + count);
    }
    const tried = [...totals].toSorted().map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
    const failed = project.vitest.state.getTestModules().flatMap((module) => [...module.children.allTests('failed')]);
    project.vitest.logger.log(`\nTried ${tried.join(', ')}, from seed ${seed}: ${failed.length} violations.`);
  };
}
