import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { applyMigrations } from '../../src/database/migrations.ts';
import { waitUntil } from '../support/barriers.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

/** A migrated database, and a standby that streams from it. */
export interface Replication {
  readonly primary: TestDatabase;
  readonly standby: TestDatabase;
  /** Lets the standby learn of everything so far, and of nothing more until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Makes the standby a database of its own. */
  promote(): Promise<void>;
  /** Stops both and removes their data. */
  stop(): Promise<void>;
}

/** Starts both. To be called outside of tests. A standby is a copy of the data directory that was made while nothing ran. */
export async function startReplication(): Promise<Replication> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-replica-'));
  const original = await startEmbeddedPostgres({ directory, durable: false });
  await applyMigrations(original.url);
  await original.stop();
  const copy = join(directory, 'standby');
  await mkdir(copy);
  await promisify(execFile)('cp', ['-a', join(directory, 'postgres'), copy]);
  await writeFile(join(copy, 'postgres', 'standby.signal'), '');

  const password = (await readFile(join(directory, 'postgres', 'taproot.password'), 'utf8')).trim();
  const primary = await startEmbeddedPostgres({ directory, durable: false, temporary: true });
  const { port } = new URL(primary.url);
  const conninfo = `host=127.0.0.1 port=${port} user=postgres password=${password}`;
  const standby = await startEmbeddedPostgres({
    directory: copy,
    durable: false,
    settings: { primary_conninfo: conninfo },
  });

  const superuser = new URL(standby.url);
  Object.assign(superuser, { username: 'postgres', password });
  const controls = openTestDatabase(superuser.href);
  const database = openTestDatabase(primary.url);
  return {
    primary: database,
    standby: openTestDatabase(standby.url),
    async pause() {
      const [now] = await database.query<{ lsn: string }>('select pg_current_wal_insert_lsn() as lsn');
      await waitUntil('the standby has caught up', async () => {
        const sql = 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as caught_up';
        return (await controls.query<{ caught_up: boolean }>(sql, [now?.lsn]))[0]?.caught_up === true;
      });
      await controls.query('select pg_wal_replay_pause()');
      await waitUntil('the standby has paused', async () => {
        const [{ state } = {}] = await controls.query<{ state: string }>(
          'select pg_get_wal_replay_pause_state() as state',
        );
        return state === 'paused';
      });
    },
    async resume() {
      await controls.query('select pg_wal_replay_resume()');
    },
    async promote() {
      await controls.query('select pg_promote()');
    },
    async stop() {
      await standby.stop();
      await primary.stop();
    },
  };
}
