import { execFile, execFileSync } from 'node:child_process';
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded/server.ts';
import { applyMigrations, schemaDrift } from '../../src/database/migrations.ts';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { type Acme, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { mutations } from '../concurrency/calls.ts';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { databaseUrl, openTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertNeighbour } from '../support/fixtures.ts';
import { compileServer } from '../support/server-process.ts';
import { type OrganizationSnapshot, snapshotOrganization } from '../support/snapshot.ts';

vi.setConfig(SLOW);

const run = promisify(execFile);

const directory = await mkdtemp(join(tmpdir(), 'taproot-backup-'));
const original = await startEmbeddedPostgres({ directory, durable: false, temporary: true });
const database = openTestDatabase(original.url);
afterAll(original.stop);

let installed: Acme;
let waiting: Acme;
let neighbourId: string;
let app: TestApp;
beforeAll(async () => {
  await compileServer();
  app = await startApp({ DATABASE_URL: original.url, OPERATOR_TOKEN: operatorToken });
  installed = await insertAcme(database);
  waiting = await insertAcme(database);
  neighbourId = (await insertNeighbour(database)).orgId;
  await install(app, installed);
});
afterAll(() => app.stop());

const install = (on: TestApp, { orgId }: Acme) => on.expectData(mutations.install, { orgId });

const everyRow = async (of: TestDatabase): Promise<OrganizationSnapshot[]> =>
  Promise.all([installed.orgId, waiting.orgId, neighbourId].map((id) => snapshotOrganization(of, id)));

/** Expects that the copy has all rows of the original, refuses what that refuses, and serves. */
async function expectWhole(url: string, rows: readonly OrganizationSnapshot[]): Promise<void> {
  const copy = openTestDatabase(url);
  expect(await everyRow(copy)).toEqual(rows);
  expect(await applyMigrations(url)).toEqual([]);
  expect(await schemaDrift(url)).toBe('');

  const { orgId, alpha } = installed;
  const agentId = platformAgentId(orgId);
  for (const [sql, values, constraint] of [
    [`insert into workspaces (org_id, name) values ($1, 'Second')`, [orgId], 'workspaces_sole_root_fkey'],
    [
      `insert into workspaces (org_id, name, kind, tier) values ($1, 'Second', 'platform', 0)`,
      [orgId],
      'uniq_workspaces_one_platform_root',
    ],
    [
      `insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by) values ($1, $2, 'mail', 'ann')`,
      [orgId, alpha],
      'org_plugin_allowlist_root_fkey',
    ],
  ] as const) {
    await expect(copy.query(sql, [...values])).rejects.toMatchObject({ constraint });
  }
  const generated = 'select root_id, open_root from workspaces where org_id = $1 and id = $2';
  expect(await copy.query(generated, [orgId, agentId])).toEqual([{ root_id: agentId, open_root: null }]);

  const restored = await startApp({ DATABASE_URL: url, OPERATOR_TOKEN: operatorToken });
  try {
    await install(restored, waiting);
  } finally {
    await restored.stop();
  }
  await expectState(copy, waiting, asInstalled);
  expect((await everyRow(copy))[2]).toEqual(rows[2]);
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
  const meanwhile = await insertAcme(database);
  await install(app, meanwhile);
  await run('cp', ['-a', data, copy]);
  await install(app, await insertAcme(database));
  const { rows } = await session.query('select labelfile from pg_backup_stop(false)');
  const restored = join(copy, 'postgres');
  await run('cp', ['-a', join(data, 'pg_wal'), restored]);
  await rm(join(restored, 'postmaster.pid'), { force: true });
  const label = join(restored, 'backup_label');
  await writeFile(label, rows[0].labelfile);
  const { uid, gid } = await stat(data);
  await chown(label, uid, gid);
  await session.end();

  const postgres = await startEmbeddedPostgres({ directory: copy, durable: false, temporary: true });
  try {
    await expectState(openTestDatabase(postgres.url), meanwhile, asInstalled);
    await expectWhole(postgres.url, await everyRow(database));
  } finally {
    await postgres.stop();
  }
});

/** The major version of a program of PostgreSQL; 0: it is not there. */
function majorVersion(program: string): number {
  try {
    return Number(/(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1]);
  } catch {
    return 0;
  }
}

const server = 18;
const tool = Math.min(majorVersion('pg_dump'), majorVersion('pg_restore'));

describe.runIf(tool >= server)(`pg_dump and pg_restore, where they are of PostgreSQL ${server} or newer`, () => {
  test('bring all rows and all that guards them into another database, which serves', async () => {
    const archive = join(directory, 'archive');
    await run('pg_dump', ['--format=custom', `--file=${archive}`, original.url]);
    await database.query('create database restored');
    const url = databaseUrl(original.url, 'restored');
    await run('pg_restore', ['--exit-on-error', '--no-owner', `--dbname=${url}`, archive]);
    await expectWhole(url, await everyRow(database));
  });
});
