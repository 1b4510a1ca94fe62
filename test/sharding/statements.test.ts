import { loadModule } from 'libpg-query';
import { expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';
import { acrossOrganizations } from './across-organizations.ts';
import { allOperationsTimeout, runAllOperations } from './all-operations.ts';
import { checkStatement, findException } from './check-statement.ts';
import { findCitusLimits, type Volatility } from './citus-limits.ts';
import { runRareOperations } from './rare-operations.ts';
import { isFrom, readSqlTemplates } from './raw-sql.ts';

const database = await createTestDatabase();
const api = createTestApi(database, { sharded: true });
watchNeighbour(database);

await loadModule();
let recording: Promise<string[]> | undefined;
/** Every statement that the server sends for any operation. */
function sentStatements(): Promise<string[]> {
  recording ??= recordStatements(async () => {
    await runAllOperations(api, database);
    await runRareOperations(api, database);
  });
  return recording;
}

test('every statement of every operation binds the organizations whose rows it touches', {
  timeout: allOperationsTimeout,
}, async () => {
  const statements = await sentStatements();
  expect(statements.length).toBeGreaterThan(0);
  expect(statements.flatMap(checkStatement)).toEqual([]);
});

test('all SQL of the sources that touches rows of organizations has been seen', {
  timeout: allOperationsTimeout,
}, async () => {
  const statements = await sentStatements();
  const templates = readSqlTemplates();
  expect(templates.length).toBeGreaterThan(0);
  const unseen = templates.filter((template) => !statements.some((statement) => isFrom(template, statement)));
  const told = unseen.map(({ file, parts }) => `${file}: ${parts.join(' … ')}`);
  expect(told, 'SQL that no operation sends: have runRareOperations send it, or delete it').toEqual([]);
});

test('every entry of the list of statements across organizations is needed, and says why', {
  timeout: allOperationsTimeout,
}, async () => {
  const statements = await sentStatements();
  const needed = new Set(statements.map(findException));
  const idle = acrossOrganizations.filter((entry) => !needed.has(entry)).map(({ name }) => name);
  expect(idle, 'entries that no statement needs: delete them').toEqual([]);
  for (const { name, reason } of acrossOrganizations) expect(reason.length, name).toBeGreaterThan(40);
});

/** The functions of this PostgreSQL; of several that share a name, what the least constant of them is. */
async function readVolatilities(): Promise<Map<string, Volatility>> {
  const functions = await database.query<{ name: string; volatility: Volatility }>(
    'select proname as name, max(provolatile) as volatility from pg_proc group by proname',
  );
  return new Map(functions.map(({ name, volatility }) => [name, volatility]));
}

test('no statement of any operation has what Citus refuses', { timeout: allOperationsTimeout }, async () => {
  const volatilities = await readVolatilities();
  const statements = new Set(await sentStatements());
  const refused = [...statements].flatMap((sql) =>
    findCitusLimits(sql, volatilities).map((limit) => `${limit}\n  ${sql}`),
  );
  expect(refused).toEqual([]);
});

test.each([
  ['update workspaces set updated_at = clock_timestamp() where org_id = $1', 'clock_timestamp() in a change'],
  ['delete from org_events where org_id = $1 and created_at < clock_timestamp()', 'clock_timestamp() in a change'],
  ['with a as (update workspaces set id = gen_random_uuid()) select 1', 'gen_random_uuid() in a change'],
  ['insert into t values (1) on conflict (id) do update set at = now()', 'now() in ON CONFLICT'],
  ['insert into t values (1) returning statement_timestamp()', 'statement_timestamp() in RETURNING'],
  ['with l as (select from t where org_id = any($1) for update) select 1', 'a lock or a recursion'],
  ['with recursive r as (select from t where org_id in ($1, $2)) select 1', 'a lock or a recursion'],
])('what Citus refuses is found: %s', async (sql, limit) => {
  expect(findCitusLimits(sql, await readVolatilities())).toEqual([expect.stringContaining(limit)]);
});

test.each([
  'update workspaces set updated_at = statement_timestamp() where org_id = $1',
  'insert into workspaces (org_id, created_at) values ($1, clock_timestamp()) on conflict (org_id) do update set at = excluded.at',
  'select clock_timestamp() from workspaces where org_id = any($1)',
  'select from organizations where id = $1 for update',
])('what Citus takes is not: %s', async (sql) => {
  expect(findCitusLimits(sql, await readVolatilities())).toEqual([]);
});
