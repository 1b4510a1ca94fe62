import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished, type vi } from 'vitest';
import type { LeftOrganization } from '../../src/platform-agent/left-organization.ts';
import { temporaryDirectory } from '../support/server-process.ts';

/** For `vi.setConfig`, in each file: its tests start processes, on a machine that runs other tests too. */
export const SLOW: Parameters<typeof vi.setConfig>[0] = { testTimeout: 90_000 };

export interface BackfillProcess {
  readonly process: ChildProcess;
  readonly reportFile: string;
  /** What it has written so far: its results. */
  readonly output: () => string;
  /** What it has written so far to standard error: its progress, and why it failed. */
  readonly progress: () => string;
  /** Resolves to its exit status, when it has ended and has been heard to the end. Null when it was killed. */
  readonly ended: Promise<number | null>;
}

export interface WrittenReport {
  readonly dryRun: boolean;
  readonly left: readonly LeftOrganization[];
  readonly summary: {
    readonly end: string;
    readonly total: number;
    readonly looked: number;
    readonly installed?: number;
    readonly wouldInstall?: number;
    readonly wouldDo?: Record<string, number>;
    readonly settled: number;
    readonly removed: number;
    readonly left: number;
  };
}

/**
 * Runs the compiled backfill as a process of its own, with these settings and no others, and has it write its report to
 * a directory of its own. It is killed after the test. The server has to be compiled before.
 */
export async function startBackfill(settings: Record<string, string>, ...args: string[]): Promise<BackfillProcess> {
  const { PATH, TMPDIR } = process.env;
  const reportFile = join(await temporaryDirectory(), 'report.json');
  const child = spawn(process.execPath, [resolve('dist/src/cli/backfill.js'), '--report', reportFile, ...args], {
    cwd: tmpdir(),
    env: { PATH, ...(TMPDIR && { TMPDIR }), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = { output: '', progress: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (heard.output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (heard.progress += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    reportFile,
    output: () => heard.output,
    progress: () => heard.progress,
    ended,
  };
}

/** Runs it to its end. */
export async function runBackfill(settings: Record<string, string>, ...args: string[]) {
  const run = await startBackfill(settings, ...args);
  const status = await run.ended;
  return { status, output: run.output(), progress: run.progress(), report: () => readReport(run.reportFile) };
}

export async function readReport(file: string): Promise<WrittenReport> {
  return JSON.parse(await readFile(file, 'utf8'));
}
