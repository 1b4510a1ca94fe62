import { loadModule } from 'libpg-query';
import { expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';
import { acrossOrganizations } from './across-organizations.ts';
import { allOperationsTimeout, runAllOperations } from './all-operations.ts';
import { checkStatement, findException } from './check-statement.ts';
import { runRareOperations } from './rare-operations.ts';
import { isFrom, readSqlTemplates } from './raw-sql.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
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
