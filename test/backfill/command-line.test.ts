import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { createTestDatabase, databaseUrl } from '../support/database.ts';
import { compileServer, startServer, temporaryDirectory } from '../support/server-process.ts';
import { runBackfill, SLOW } from './backfill-process.ts';

const database = await createTestDatabase();
const settings = { DATABASE_URL: database.url };
const [role] = await database.query<{ isSuperuser: boolean }>(
  'select rolsuper as "isSuperuser" from pg_roles where rolname = current_user',
);

vi.setConfig(SLOW);
beforeAll(compileServer);

test('--help tells every option, and needs no database', async () => {
  const { status, output } = await runBackfill({ DATABASE_URL: 'nowhere' }, '--help');
  expect(status).toBe(0);
  for (const option of ['--dry-run', '--concurrency', '--report', '--help']) expect(output).toContain(`  ${option} `);
});

describe('what it cannot do it says, and exits with 2', () => {
  async function failure(given: Record<string, string>, ...args: string[]): Promise<string> {
    const { status, output, progress } = await runBackfill(given, ...args);
    expect(status).toBe(2);
    expect(output).toBe('');
    expect(progress).not.toContain('    at ');
    return progress;
  }

  test.each([
    [['--dryrun'], "Unknown option '--dryrun'"],
    [['all'], "Unexpected argument 'all'"],
    [['--concurrency', '0'], '--concurrency must be a whole number from 1 to 100.'],
    [['--concurrency', '101'], '--concurrency must be a whole number from 1 to 100.'],
    [['--concurrency', '2.5'], '--concurrency must be a whole number from 1 to 100.'],
    [['--concurrency'], "Option '--concurrency <value>' argument missing"],
    [['--report', ''], '--report must name a file.'],
  ])('the command line %j', async (args, said) => {
    const told = await failure(settings, ...args);
    expect(told).toContain(said);
    expect(told).toMatch(/--help shows them all\.\n$/);
  });

  test('settings that are wrong, of which the operator token is none', async () => {
    const told = await failure({ DATABASE_URL: 'nowhere', LOCK_TIMEOUT_MS: 'long' });
    expect(told).toMatch(/DATABASE_URL must be .*\n.*LOCK_TIMEOUT_MS must be /);
    expect(told).not.toContain('OPERATOR_TOKEN');
  });

  test('a database that nothing answers for', async () => {
    const url = new URL(database.url);
    url.port = '1';
    expect(await failure({ DATABASE_URL: url.href })).toContain(`Nothing answers at ${url.hostname}:1`);
  });

  test('a database that no server has migrated, which stays as it is', async () => {
    const name = `${inject('templateDatabase')}_unmigrated`;
    await database.query(`create database ${name}`);
    onTestFinished(async () => void (await database.query(`drop database ${name} with (force)`)));
    const url = databaseUrl(database.url, name);
    expect(await failure({ DATABASE_URL: url })).toContain('Start a server of this version on it once');
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query(`select from pg_class where relnamespace = 'public'::regnamespace`);
    await client.end();
    expect(rows).toEqual([]);
  });

  test('a directory in which no server has kept data, which stays as it is', async () => {
    const DATA_DIR = join(await temporaryDirectory(), 'data');
    expect(await failure({ DATA_DIR })).toContain(`no server has kept data in ${DATA_DIR}`);
    expect(existsSync(DATA_DIR)).toBe(false);
  });

  // Only the limit of the server holds for superusers.
  test.skipIf(role?.isSuperuser)('more connections than the database takes', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`alter database ${name} with connection limit 5`);
    onTestFinished(async () => void (await database.query(`alter database ${name} with connection limit -1`)));
    expect(await failure(settings, '--concurrency', '100')).toMatch(
      /let in only \d of 101 connections\. Lower --concurrency/,
    );
  });

  test('a report that would take the place of something else, which stays', async () => {
    const file = join(await temporaryDirectory(), 'package.json');
    await writeFile(file, '{"name":"taproot","version":"0.1.0","private":true}');
    expect(await failure(settings, '--report', file)).toContain(`${file} is no report, and is left as it is.`);
    expect(await readFile(file, 'utf8')).toContain('taproot');
  });

  test('a report that cannot be written', async () => {
    const directory = await temporaryDirectory();
    expect(await failure(settings, '--report', join(directory, 'none', 'report.json'))).toMatch(
      /The report .* cannot be written: ENOENT.*--report/,
    );
    await mkdir(join(directory, 'taken'));
    expect(await failure(settings, '--report', join(directory, 'taken'))).toMatch(/cannot be written: EISDIR/);
  });
});

test('the database of a server is refused while that runs, and used when it has stopped', async () => {
  const DATA_DIR = await temporaryDirectory();
  const server = startServer({ DATA_DIR });
  await server.listening;
  const refused = await runBackfill({ DATA_DIR });
  expect(refused.status).toBe(2);
  expect(refused.progress).toMatch(/in use by a running server \(process \d+\)\. Stop it, run this again/);

  server.process.kill('SIGTERM');
  await server.ended;
  const run = await runBackfill({ DATA_DIR });
  // Of the demo, one organization has its agent already and one cannot get it.
  expect(run.status).toBe(1);
  expect((await run.report()).summary).toMatchObject({ installed: 2, settled: 1, left: 1 });
  expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
});
