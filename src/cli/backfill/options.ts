import { parseArgs } from 'node:util';

export interface Options {
  readonly dryRun: boolean;
  readonly concurrency: number;
  /** Where the report is written. */
  readonly report: string;
  readonly help: boolean;
}

/** The command line cannot be understood. The message says what is wrong with it. */
export class UsageError extends Error {
  override name = 'UsageError';

  constructor(problem: string) {
    super(`${problem} Of the options, --help shows them all.`);
  }
}

const mostConcurrency = 100;
const defaults = { concurrency: '8', report: 'backfill-report.json' };

export const usage = `Installs the platform agent of every organization that lacks it.

  npm run backfill -- [options]

  --dry-run          show what would be done, and write nothing to the database
  --concurrency <n>  work on so many organizations at once, from 1 to ${mostConcurrency} (${defaults.concurrency})
  --report <file>    where to write the report (${defaults.report})
  --help             show this

The database is the one that the settings of the server name. It may be stopped with Ctrl-C and run again at any time:
nothing is done twice. It exits with 0 when no organization is left, 1 when some are and the report tells which and what
helps, 2 when it could not do its work, and 130 when it was stopped.`;

/**
 * Reads the command line, without the program's own name.
 *
 * @throws {UsageError} for an option that there is not, or a value that it cannot have
 */
export function readOptions(args: string[]): Options {
  const { 'dry-run': dryRun, concurrency, report, help } = parse(args);
  if (!/^\d{1,3}$/.test(concurrency) || Number(concurrency) < 1 || Number(concurrency) > mostConcurrency) {
    throw new UsageError(`--concurrency must be a whole number from 1 to ${mostConcurrency}.`);
  }
  if (report.trim() === '') throw new UsageError('--report must name a file.');
  return { dryRun, concurrency: Number(concurrency), report, help };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        'dry-run': { type: 'boolean', default: false },
        concurrency: { type: 'string', default: defaults.concurrency },
        report: { type: 'string', default: defaults.report },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    // The advice that follows is about arguments that begin with a dash, of which there are none.
    const [problem] = (error as Error).message.split(/\.? (?:To specify|This command)|\n/);
    throw new UsageError(`${problem}.`);
  }
}
