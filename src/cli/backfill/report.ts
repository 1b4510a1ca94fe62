import { closeSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import type { LeftOrganization } from '../../platform-agent/left-organization.ts';
import type { Tally } from './tally.ts';

/** How a run ended. The report of one that was killed says `running`. */
export type End = 'running' | 'finished' | 'interrupted' | 'failed';

export interface Report {
  /** Adds an organization that is left. */
  add(organization: LeftOrganization): void;
  /** Writes how the run ended, and puts the report in the place of a former one. */
  close(end: End): void;
}

/** The report cannot be written. The message says why, and what to do about it. */
export class ReportError extends Error {
  override name = 'ReportError';
}

const beginning = '{"report":"backfill of platform agents"';

/**
 * Begins the report, a JSON document: the organizations that are left, as they are found, and a summary behind them.
 * Every addition goes over the summary, with a new one behind it, so that the file is a whole document at any time,
 * whatever ends the process, and nothing is held in memory for it. Until it is closed it stands beside the former
 * report, so that two runs do not write into one file.
 *
 * @throws {ReportError} when it cannot be written, or when something else has that name
 */
export function openReport(file: string, dryRun: boolean, tally: Tally): Report {
  const part = `${file}.${process.pid}.part`;
  const descriptor = explained(file, () => {
    refuseOtherFile(file);
    return openSync(part, 'w');
  });
  let kept = 0;
  let separator = '\n';
  const write = (text: string, end: End) =>
    explained(file, () => {
      const bytes = Buffer.from(`${text}${summarize(end, dryRun, tally)}`);
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(descriptor, bytes, written, bytes.length - written, kept + written);
      }
      ftruncateSync(descriptor, kept + bytes.length);
      kept += Buffer.byteLength(text);
    });

  write(`${beginning},"dryRun":${dryRun},"startedAt":"${new Date().toISOString()}","left":[`, 'running');
  return {
    add(organization) {
      write(`${separator}${JSON.stringify(organization)}`, 'running');
      separator = ',\n';
    },
    close(end) {
      write('', end);
      explained(file, () => {
        closeSync(descriptor);
        renameSync(part, file);
      });
    },
  };
}

function summarize(end: End, dryRun: boolean, { total, looked, installed, settled, removed, left, effects }: Tally) {
  const done = dryRun ? { wouldInstall: installed, wouldDo: effects } : { installed };
  const summary = { end, at: new Date().toISOString(), total, looked, ...done, settled, removed, left };
  return `\n],"summary":${JSON.stringify(summary)}}\n`;
}

/** A mistyped name must not cost a file that is no report. */
function refuseOtherFile(file: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const found = Buffer.alloc(beginning.length);
    readSync(descriptor, found, 0, found.length, 0);
    if (found.toString() !== beginning)
      throw new ReportError(`${file} is no report, and is left as it is. ${elsewhere}`);
  } finally {
    closeSync(descriptor);
  }
}

function explained<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ReportError) throw error;
    const { message } = error as Error;
    throw new ReportError(`The report ${file} cannot be written: ${message}. ${elsewhere}`, { cause: error });
  }
}

const elsewhere = 'Name another file with --report.';
