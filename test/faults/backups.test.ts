import { execFile } from 'node:child_process';
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { type Acme, asInserted, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil } from '../support/barriers.ts';
import { databaseUrl, openTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { compileServer } from '../support/server-process.ts';
import { type BackedUp, everyRow, expectWhole, insertOrganizations, install } from './restored.ts';

vi.setConfig(SLOW);

const run = promisify(execFile);

const directory = await mkdtemp(join(tmpdir(), 'taproot-backup-'));
const original = await startEmbeddedPostgres({ directory, durable: false, temporary: true });
const database = openTestDatabase(original.url);
afterAll(original.stop);

let backedUp: BackedUp;
let app: TestApp;
beforeAll(async () => {
  await compileServer();
  app = await startApp({ DATABASE_URL: original.url, OPERATOR_TOKEN: operatorToken });
  backedUp = await insertOrganizations(database, app);
});
afterAll(() => app.stop());

/** Installs one organization after the other, several at a time, until it is told to stop. */
function keepInstalling(organizations: readonly Acme[]) {
  const waiting = [...organizations];
  const done: Acme[] = [];
  let isOver = false;
  const atOnce = 3;
  const lines = Array.from({ length: atOnce }, async () => {
    while (!isOver) {
      const next = waiting.shift();
      if (next === undefined) return;
      await install(app, next);
      done.push(next);
    }
  });
  return {
    /** Those whose installs have been answered so far. */
    done: (): readonly Acme[] => [...done],
    async stop() {
      isOver = true;
      await Promise.all(lines);
    },
  };
}

test('a backup of the files, taken while installs go on, is whole when it is started, and serves', async () => {
  const data = join(directory, 'postgres');
  const password = (await readFile(join(data, 'taproot.password'), 'utf8')).trim();
  const superuser = new URL(databaseUrl(original.url, 'postgres'));
  Object.assign(superuser, { username: 'postgres', password });
  const session = new pg.Client({ connectionString: superuser.href });
  await session.connect();
  const copy = await mkdtemp(join(tmpdir(), 'taproot-restored-'));
  // Backed up as PostgreSQL's documentation says ("Making a Base Backup Using the Low Level API").
  await session.query(`select pg_backup_start('test', true)`);
  const organizations = await Promise.all(Array.from({ length: 200 }, () => insertAcme(database)));
  const installing = keepInstalling(organizations);
  await run('cp', ['-a', data, copy]);
  await waitUntil('an install is answered', async () => installing.done().length > 0);
  const doneBefore = new Set(installing.done());
  const { rows } = await session.query('select labelfile from pg_backup_stop(false)');
  const restored = join(copy, 'postgres');
  await run('cp', ['-a', join(data, 'pg_wal'), restored]);
  await rm(join(restored, 'postmaster.pid'), { force: true });
  const label = join(restored, 'backup_label');
  await writeFile(label, rows[0].labelfile);
  const { uid, gid } = await stat(data);
  await chown(label, uid, gid);
  await session.end();
  await installing.stop();

  const postgres = await startEmbeddedPostgres({ directory: copy, durable: false, temporary: true });
  try {
    const copied = openTestDatabase(postgres.url);
    for (const acme of organizations) {
      const [organization] = await copied.query<{ open: boolean }>(
        'select open_roots as open from organizations where id = $1',
        [acme.orgId],
      );
      // Those that were under way are there as a whole, or not at all.
      const isInstalled = doneBefore.has(acme) || organization?.open === false;
      await expectState(copied, acme, isInstalled ? asInstalled : asInserted);
    }
    await expectWhole(copied, backedUp, await everyRow(database, backedUp));
    countTried('faults');
  } finally {
    await postgres.stop();
  }
});
