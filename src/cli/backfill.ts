// npm run backfill: installs the platform agent of every organization that lacks it. `usage` tells the options.
import { ConfigError, readConfig } from '../config.ts';
import { answerDelayMs } from '../database/client.ts';
import { DatabaseUnavailableError } from '../database/database-unavailable.ts';
import { EmbeddedPostgresError } from '../database/embedded/errors.ts';
import { MigrationError } from '../database/migrations/errors.ts';
import { DatabaseLostError } from '../database/persistently.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { findMisspelled } from '../misspelled-variables.ts';
import { countOrganizations } from '../platform-agent/backfill.sql.ts';
import { backfill } from '../platform-agent/backfill.ts';
import type { LeftOrganization } from '../platform-agent/left-organization.ts';
import { loadSettingsFile } from '../settings-file.ts';
import { openDatabase } from './backfill/open-database.ts';
import { type Options, readOptions, UsageError, usage } from './backfill/options.ts';
import { showProgress } from './backfill/progress.ts';
import { type End, openReport, ReportError } from './backfill/report.ts';
import { describeTally, leftTable } from './backfill/result.ts';
import { listenForStop } from './backfill/stop-signals.ts';
import { count, createTally } from './backfill/tally.ts';

/** Failures that are not the program's: their messages say all there is to say. */
const expectedFailures = [
  ConfigError,
  DatabaseLostError,
  DatabaseUnavailableError,
  EmbeddedPostgresError,
  MigrationError,
  ReportError,
  UsageError,
] as const;

/** How many organizations that are left are shown at the end. The report has all. */
const mostShown = 20;
/** Milliseconds that counting the organizations may take. */
const countMs = 60_000;

const exitStatus = { noneLeft: 0, someLeft: 1, failed: 2 } as const;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const expected = expectedFailures.some((kind) => error instanceof kind);
  console.error(expected ? (error as Error).message : error);
  process.exitCode = exitStatus.failed;
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    console.log(usage);
    return exitStatus.noneLeft;
  }
  loadSettingsFile('.env');
  const config = readConfig(process.env, false);
  for (const { name, meant } of findMisspelled(process.env)) console.error(`${name} is no setting. Is ${meant} meant?`);
  const answerTimeoutMs = Math.max(countMs, config.statementTimeoutMs) + answerDelayMs;
  // One connection for each organization that is worked on, and one for the pages.
  const database = await openDatabase(config, options.concurrency + 1, answerTimeoutMs);
  try {
    return await run(database.prisma, options);
  } finally {
    await database.close();
  }
}

/** Goes through all organizations, shows how far it is and what came of it, and resolves to the exit status. */
async function run(prisma: PrismaClient, { dryRun, concurrency, report: file }: Options): Promise<number> {
  const tally = createTally(await prisma.$transaction((tx) => countOrganizations(tx, countMs), { timeout: countMs }));
  const shown: LeftOrganization[] = [];
  const report = openReport(file, dryRun, tally);
  const progress = showProgress(process.stderr, dryRun ? 'Looking' : 'Installing', tally);
  const { signal, exitStatus: interrupted } = listenForStop(() =>
    progress.say('Stopping, when what was begun is finished. Another Ctrl-C ends this at once.'),
  );

  let end: End = 'failed';
  try {
    const finished = await backfill(prisma, {
      dryRun,
      concurrency,
      signal,
      onOutcome(outcome) {
        count(tally, outcome);
        if (outcome.kind !== 'left') return;
        report.add(outcome.organization);
        if (shown.length < mostShown) shown.push(outcome.organization);
      },
    });
    end = finished ? 'finished' : 'interrupted';
  } finally {
    progress.stop();
    report.close(end);
    console.log(describeTally(dryRun, tally));
    if (tally.left > 0) console.log(`\n${leftTable(shown, tally.left, file, process.stdout.columns)}`);
    console.log(`\nThe report is in ${file}.`);
  }
  if (end === 'interrupted') {
    console.log('Stopped before the end. Run it again to go on: nothing is done twice.');
    return interrupted();
  }
  return tally.left === 0 ? exitStatus.noneLeft : exitStatus.someLeft;
}
