import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import pg from 'pg';
import { describe, expect, onTestFinished } from 'vitest';
import { FailedMigrationError } from '../../src/database/migrations/errors.ts';
import { isOneTransaction } from '../../src/database/migrations/script.ts';
import { readMigrations } from '../../src/database/migrations/source.ts';
import { applyMigrations } from '../../src/database/migrations.ts';
import { test } from './fruits.ts';

/**
 * Applied to databases before the rule was, so that their text cannot change. Where the server applies them, its session
 * sets a lock_timeout for them.
 */
const before = [
  '20260101000000_init',
  '20261126000000_status_evidence',
  '20261126010000_organization_statistics',
  '20261127000000_judged_workspaces',
];

/** What squawk looks for beside locks: taste, and what each migration has as it is one transaction of a session of its own. */
const otherRules = [
  'prefer-bigint-over-int',
  'prefer-bigint-over-smallint',
  'prefer-identity',
  'prefer-robust-stmts',
  'prefer-text-field',
  'prefer-timestamptz',
  'require-statement-timeout',
];

const require = createRequire(import.meta.url);
const squawk = require.resolve('squawk-cli/js/bin/squawk');
/** It is a program, which is made for some systems. Where it is and npm has not installed it, the tests fail. */
const { optionalDependencies: programs } = require('squawk-cli/package.json');
const isMadeForThis = `@squawk-cli/${process.platform}-${process.arch}` in programs;

/** The rules that a migration breaks: by a lock that would stop a busy table, or by a wait for one without an end. */
function brokenRules(script: string): string[] {
  const args = ['--pg-version=15.0', '--reporter=json', '--stdin-filepath=-'];
  const rules = isOneTransaction(script)
    ? ['--assume-in-transaction', `--exclude=${otherRules}`]
    : // It has to be sent alone, and so cannot set a time-out itself.
      [`--exclude=${otherRules},require-lock-timeout`];
  try {
    execFileSync(process.execPath, [squawk, ...args, ...rules], { input: script, encoding: 'utf8' });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    if (stdout === '') throw error;
    return (JSON.parse(stdout) as { rule_name: string }[]).map(({ rule_name: rule }) => rule).toSorted();
  }
}

describe.runIf(isMadeForThis)('a migration, as squawk judges it where there is one for this system,', () => {
  test('takes no lock that would stop a busy table, and waits for none without an end', async () => {
    const migrations = await readMigrations({});
    expect(migrations.map(({ name }) => name)).toEqual(expect.arrayContaining(before));
    for (const { name, script } of migrations) {
      const expected = before.includes(name) ? ['require-lock-timeout'] : [];
      expect(brokenRules(script), name).toEqual(expected);
    }
  });

  test.for([
    ['alter table workspaces add column note text;', ['require-lock-timeout']],
    ['create index by_name on workspaces (name);', ['require-concurrent-index-creation']],
    ['create index concurrently by_name on workspaces (name);', []],
    ['alter table workspaces add constraint brief check (char_length(name) < 9);', ['constraint-missing-not-valid']],
    ['alter table workspaces alter column name type varchar(9);', ['changing-column-type']],
    ['alter table workspaces alter column lifecycle_message set not null;', ['adding-not-nullable-field']],
    ['alter table workspaces add column mark uuid default gen_random_uuid();', ['adding-field-with-default']],
    ['alter table workspaces rename column name to title;', ['renaming-column']],
    ['alter table workspaces drop column lifecycle_message;', ['ban-drop-column']],
    ['alter table workspaces add column note text;', []],
  ] as const)('is judged by its statements: %s', ([statement, rules], { expect: expectHere }) => {
    const isBounded =
      !(rules as readonly string[]).includes('require-lock-timeout') && !statement.includes('concurrently');
    expectHere(brokenRules(isBounded ? `set lock_timeout = '10s';\n${statement}` : statement)).toEqual(rules);
  });
});

test('one session applies all migrations, under the lock that keeps other servers out, and waits 10 s for a table', async ({
  fruits: { url, source, query, writeMigration },
}) => {
  const note = (name: string) => `create table ${name} as
    select current_setting('lock_timeout') as bound, pg_backend_pid() as session,
           exists (select from pg_locks where locktype = 'advisory' and objid = 72707369 and pid = pg_backend_pid()) as locked;`;
  await writeMigration('20260102000000_first', note('first'));
  await writeMigration('20260103000000_second', note('second'));
  await applyMigrations(url, source);
  const [first] = await query('select * from first');
  expect(first).toMatchObject({ bound: '10s', locked: true });
  expect(await query('select * from second')).toEqual([first]);
});

test('a migration of a table that is locked gives up, leaves nothing behind, and is applied when it is tried again', async ({
  fruits: { url, source, query, writeMigration },
}) => {
  await applyMigrations(url, source);
  await writeMigration(
    '20260102000000_colours',
    `set lock_timeout = '100ms';\ncreate table colours (id int);\nalter table fruits add column colour text;`,
  );
  const reader = new pg.Client(url);
  await reader.connect();
  onTestFinished(() => reader.end());
  await reader.query('begin');
  await reader.query('select from fruits');

  const refusal = await applyMigrations(url, source).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(FailedMigrationError);
  expect(refusal).toMatchObject({
    message: expect.stringMatching(/20260102000000_colours gave up waiting for a table .* changed nothing/),
  });
  expect(await query("select to_regclass('colours') as colours")).toEqual([{ colours: null }]);
  // It stands in nobody's way any more.
  expect(await query('update fruits set weight = 7 where id = 1 returning weight')).toEqual([{ weight: 7 }]);

  await reader.query('commit');
  expect(await applyMigrations(url, source)).toEqual(['20260102000000_colours']);
  expect(await query('select weight, colour from fruits')).toEqual([{ weight: 7, colour: null }]);
});
