import { loadModule } from 'libpg-query';
import { beforeAll, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { observeStatements, type Statement } from '../support/statements.ts';
import { allOperationsTimeout, runAllOperations } from './all-operations.ts';
import { findException } from './check-statement.ts';
import { findWholeReads } from './plans.ts';
import { insertPopulation } from './population.ts';
import { runRareOperations } from './rare-operations.ts';

await loadModule();
const database = await createTestDatabase();
const api = createTestApi(database);
beforeAll(() => insertPopulation(database));

test('no statement reads the rows of all organizations', { timeout: allOperationsTimeout }, async () => {
  const sent = await recordPlannable();
  expect(sent.length).toBeGreaterThan(0);
  const client = await database.connect();
  const read: string[] = [];
  for (const statement of sent) {
    const allowed = findException(statement.text)?.wholeReads;
    const whole = await findWholeReads(client, statement);
    read.push(...whole.filter((what) => !allowed?.test(what)).map((what) => `${what}\n  ${statement.text}`));
  }
  expect(read).toEqual([]);
});

test.each([
  ['select from workspaces where name = $1', ['name'], ['workspaces: Seq Scan']],
  ['select from workspaces order by org_id, id limit $1', [1], ['workspaces: Index Only Scan workspaces_pkey']],
  ['select status from workspace_states', [], ['workspaces: Seq Scan', 'workspace_heartbeats: Seq Scan']],
  ['select from workspaces where org_id = $1::uuid', ['11111111-1111-4111-8111-111111111111'], []],
])('a statement that does is found: %s', async (text, values, found) => {
  const whole = await findWholeReads(await database.connect(), { text, values });
  expect(new Set(whole)).toEqual(new Set(found));
});

/** The statements of all operations that have a plan, each once, with the values that it was last sent with. */
async function recordPlannable(): Promise<Statement[]> {
  const sent = new Map<string, Statement>();
  const stop = observeStatements((statement) => sent.set(statement.text, statement));
  try {
    await runAllOperations(api, database);
    await runRareOperations(api, database);
  } finally {
    stop();
  }
  return [...sent.values()].filter(({ text }) => /^\s*(select|with|insert|update|delete)\b/i.test(text));
}
