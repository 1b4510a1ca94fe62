import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase, databaseUrl } from '../support/database.ts';
import { occupySessions, type PgBouncerSettings, startPgBouncer } from './pgbouncer.ts';
import { holdTimeouts, timeouts } from './timeouts.ts';

const database = await createTestDatabase();
const unprepared = await createTestDatabase();
const other = await createTestDatabase();
const pooler = await startPgBouncer(inject('postgresUrl'));
afterAll(pooler.stop);
await holdTimeouts(database);
await holdTimeouts(other);

const pooled = { ...timeouts, DATABASE_URL: pooler.urlOf(database.url) };

/** Why the server does not start. */
async function refusal(settings: Record<string, string>): Promise<string> {
  const started = await startApp(settings).catch((error: Error) => error);
  if (started instanceof Error) return `${started.name}: ${started.message}`;
  await started.stop();
  throw new Error('The server started');
}

async function temporaryPooler(settings: PgBouncerSettings) {
  const temporary = await startPgBouncer(inject('postgresUrl'), settings);
  onTestFinished(temporary.stop);
  return temporary;
}

describe('a server behind a pooler says what it lacks and does not start', () => {
  test('when nobody has told it of the pooler', async () => {
    expect(await refusal(pooled)).toMatch(
      /^DatabaseUnavailableError: The pooler at 127\.0\.0\.1:\d+ answers: unsupported startup parameter: \w+\. Set DIRECT_DATABASE_URL to the PostgreSQL behind it/,
    );
  });

  test('when the pooler drops the time-outs without a word', async () => {
    const ignored = 'lock_timeout, statement_timeout, idle_in_transaction_session_timeout';
    const silent = await temporaryPooler({ ignore_startup_parameters: ignored });
    const settings = { ...timeouts, DATABASE_URL: silent.urlOf(unprepared.url) };
    expect(await refusal(settings)).toMatch(/lock_timeout is 0 ms and not 5000.*Set DIRECT_DATABASE_URL to the/);
  });

  test('when the sessions of the database do not hold the time-outs, with the statements that help', async () => {
    const settings = {
      ...timeouts,
      DATABASE_URL: pooler.urlOf(unprepared.url),
      DIRECT_DATABASE_URL: unprepared.url,
    };
    const message = await refusal(settings);
    expect(message).toContain('lock_timeout is 0 ms and not 5000');
    const statements = message.split('\n').slice(1);
    expect(statements).toHaveLength(3);
    for (const statement of statements) await unprepared.query(statement);
    // The pooler keeps the sessions that it has.
    expect(await refusal(settings)).toContain('lock_timeout is 0 ms and not 5000');
    await pooler.command('reconnect');
    const app = await startApp(settings);
    await app.stop();
  });

  test('when the time-outs that the database holds are those of another configuration', async () => {
    const settings = { ...pooled, DIRECT_DATABASE_URL: database.url, LOCK_TIMEOUT_MS: '4000' };
    const message = await refusal(settings);
    expect(message).toContain('lock_timeout is 5000 ms and not 4000. Run');
    expect(message.split('\n').slice(1)).toEqual([expect.stringMatching(/ set lock_timeout = '4000ms';$/)]);
  });

  // It gives all clients the same one of its sessions as long as it can, or each in turn.
  test.each([0, 1])('when the pooler does not keep prepared statements (server_round_robin = %i)', async (round) => {
    const forgetful = await temporaryPooler({ max_prepared_statements: 0, server_round_robin: round });
    const url = forgetful.urlOf(database.url);
    await (await occupySessions(url, 2)).release();
    const settings = { ...pooled, DATABASE_URL: url, DIRECT_DATABASE_URL: database.url };
    expect(await refusal(settings)).toMatch(/In PgBouncer, 1\.21 or newer, set max_prepared_statements to 200/);
  });

  test('when DIRECT_DATABASE_URL leads through the pooler too', async () => {
    const settings = { ...pooled, DIRECT_DATABASE_URL: pooled.DATABASE_URL };
    expect(await refusal(settings)).toMatch(/Set DIRECT_DATABASE_URL to PostgreSQL itself\.$/);
  });

  test('when DIRECT_DATABASE_URL leads to another database', async () => {
    const settings = { ...pooled, DIRECT_DATABASE_URL: other.url };
    expect(await refusal(settings)).toContain('DIRECT_DATABASE_URL leads to another database than DATABASE_URL');
  });

  test('when the pooler cannot reach its database', async () => {
    const lost = await temporaryPooler({ server_login_retry: 1 });
    const settings = {
      ...timeouts,
      DATABASE_URL: lost.urlOf(databaseUrl(database.url, 'nothing_here')),
      DIRECT_DATABASE_URL: database.url,
    };
    expect(await refusal(settings)).toMatch(/database "nothing_here"/);
  });
});

test('migrations go past the pooler, and wait for those of another server there', async () => {
  const migrationsLock = 72_707_369;
  // With migrations to apply: a server that finds them applied waits for nobody.
  await database.query('drop schema public cascade; create schema public');
  const holder = await database.connect();
  await holder.query('select pg_advisory_lock($1)', [migrationsLock]);
  const starting = startApp({ ...pooled, DIRECT_DATABASE_URL: database.url });
  starting.catch(() => {});

  const waiting = () =>
    database.query<{ port: number }>(
      `select client_port as port
         from pg_stat_activity join pg_locks using (pid)
        where datname = current_database() and locktype = 'advisory' and not granted`,
    );
  await waitUntil('the server waits for its turn to migrate', async () => (await waiting()).length === 1);
  const poolerPorts = (await pooler.command('show servers')).map(({ local_port }) => Number(local_port));
  expect(poolerPorts.length).toBeGreaterThan(0);
  expect(poolerPorts).not.toContain((await waiting())[0]?.port);

  await holder.query('select pg_advisory_unlock($1)', [migrationsLock]);
  const app = await starting;
  expect((await app.fetch('/ready')).status).toBe(200);
  await app.stop();
  const left = `select from pg_locks join pg_database on oid = database where datname = current_database() and locktype = 'advisory'`;
  expect(await database.query(left)).toEqual([]);
});
