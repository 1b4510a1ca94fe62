import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';

const database = await createTestDatabase();

interface Plan {
  readonly 'Node Type': string;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

test('the statuses of an organization that grew a thousandfold since the last analyze are not joined row by row', async () => {
  const { query } = database;
  for (let number = 0; number < 50; number++) await insertRoot(database, await insertOrganization(database));
  await query('analyze');

  const orgId = await insertOrganization(database, { id: randomUUID() });
  await query(
    `with written as (
       insert into workspaces (org_id, name) select $1, 'Agent ' || number from generate_series(1, 1000) number returning org_id, id
     )
     insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from written`,
    [orgId],
  );
  const [row] = await query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `explain (analyze, format json) select status, count(*) from workspace_states where org_id = '${orgId}' group by status`,
  );
  const nodes = nodesOf(row?.['QUERY PLAN'][0].Plan as Plan);
  const discarded = nodes.map((node) => (node['Rows Removed by Join Filter'] ?? 0) * node['Actual Loops']);
  expect(Math.max(...discarded), 'pairs of rows that were compared in vain').toBeLessThan(1000);
});
