import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished, test, vi } from 'vitest';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { startApp } from '../support/app.ts';
import { createTestDatabase, databaseUrl, dropDatabase, openTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { compileServer } from '../support/server-process.ts';
import { everyRow, expectWhole, insertOrganizations } from './restored.ts';

vi.setConfig(SLOW);

const run = promisify(execFile);

/** The major version of a program of PostgreSQL; 0: it is not there. */
function majorVersion(program: string): number {
  try {
    return Number(/(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1]);
  } catch {
    return 0;
  }
}

const database = await createTestDatabase();
const [server] = await database.query<{ major: number }>(
  `select current_setting('server_version_num')::int / 10000 as major`,
);
const major = server?.major ?? Number.POSITIVE_INFINITY;
const tool = Math.min(majorVersion('pg_dump'), majorVersion('pg_restore'));

// The embedded PostgreSQL brings no such programs. TEST_DATABASE_URL names a server to whom those of the system fit.
test.runIf(tool >= major)(
  `pg_dump and pg_restore, where they are of PostgreSQL ${major} or newer, bring all rows and all that guards them into another database, which serves`,
  async () => {
    await compileServer();
    const app = await startApp({ DATABASE_URL: database.url, OPERATOR_TOKEN: operatorToken });
    onTestFinished(app.stop);
    const organizations = await insertOrganizations(database, app);

    const directory = await mkdtemp(join(tmpdir(), 'taproot-dump-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const archive = join(directory, 'archive');
    await run('pg_dump', ['--format=custom', `--file=${archive}`, database.url]);

    const name = `${new URL(database.url).pathname.slice(1)}_restored`;
    const session = await database.connect();
    await session.query(`create database ${name}`);
    onTestFinished(() => dropDatabase(session, name));
    const url = databaseUrl(database.url, name);
    await run('pg_restore', ['--exit-on-error', '--no-owner', `--dbname=${url}`, archive]);
    await expectWhole(openTestDatabase(url), organizations, await everyRow(database, organizations));
    countTried('faults');
  },
);
