import { beforeAll, expect, test } from 'vitest';
import { createHeartbeatBatches } from '../../src/workspaces/heartbeats.ts';
import { createWorkspacePageLoader } from '../../src/workspaces/workspace-pages.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { observeStatements, type Statement } from '../support/statements.ts';

const database = await createTestDatabase();
const { prisma } = createTestApi(database);

/** Of an organization that grew a thousandfold since the last analyze. */
const size = 1000;
let orgId: string;
let workspaceId: string;
beforeAll(async () => {
  for (let number = 0; number < 50; number++) await insertRoot(database, await insertOrganization(database));
  await database.query('analyze');
  orgId = await insertOrganization(database);
  const [row] = await database.query<{ id: string }>(
    `with written as (
       insert into workspaces (org_id, name) select $1, 'Agent ' || number from generate_series(1, $2::int) number
       returning org_id, id
     )
     insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from written returning workspace_id as id`,
    [orgId, size],
  );
  workspaceId = row?.id ?? '';
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** What PostgreSQL does for a statement. */
async function explain({ text, values }: Statement): Promise<Plan[]> {
  const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, format json) ${text}`, [
    ...values,
  ]);
  return nodesOf(row?.['QUERY PLAN'][0].Plan as Plan);
}

/** The one statement that the work sends. */
async function sentBy(work: () => Promise<unknown>): Promise<Statement> {
  const sent: Statement[] = [];
  await work().finally(observeStatements((statement) => sent.push(statement)));
  expect(sent).toHaveLength(1);
  return sent[0] as Statement;
}

/** The rows of a table that a plan looks at, over and over or once. */
function rowsRead(plan: readonly Plan[], table: string): number {
  const scans = plan.filter((node) => node['Relation Name'] === table && node['Node Type'].endsWith('Scan'));
  return scans.reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0);
}

test('statuses are not joined with their workspaces row by row', async () => {
  const text = 'select status, count(*) from workspace_states where org_id = $1 group by status';
  const plan = await explain({ text, values: [orgId] });
  const discarded = plan.map((node) => (node['Rows Removed by Join Filter'] ?? 0) * node['Actual Loops']);
  expect(Math.max(...discarded), 'pairs of rows that were compared in vain').toBeLessThan(size);
});

test('a page of a tree reads each workspace once, and its heartbeat once, along with the others', async () => {
  const pages = createWorkspacePageLoader(prisma, { columns: ['orgId', 'id', 'name', 'status'], take: size + 1 });
  const plan = await explain(await sentBy(() => pages.load(orgId)));
  expect(rowsRead(plan, 'workspaces')).toBe(size);
  expect(rowsRead(plan, 'workspace_heartbeats')).toBe(size);
  const heartbeats = plan.filter((node) => node['Relation Name'] === 'workspace_heartbeats');
  expect(heartbeats.map((node) => node['Actual Loops'])).toEqual([1]);
});

test('a heartbeat reads nothing of the other workspaces of its organization', async () => {
  const beat = createHeartbeatBatches(prisma, false);
  const plan = await explain(await sentBy(() => beat({ orgId, workspaceId, health: 'healthy', message: null })));
  // To see that it is not removed, and to show it; to lock the row, to find it again, and to write it.
  expect(rowsRead(plan, 'workspaces')).toBe(2);
  expect(rowsRead(plan, 'workspace_heartbeats')).toBeLessThanOrEqual(3);
});
