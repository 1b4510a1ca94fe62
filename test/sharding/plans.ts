import type { TestClient } from '../support/database.ts';
import type { Statement } from '../support/statements.ts';
import { tenantTables } from './judge/tenant-tables.ts';

/** A node of a plan, as far as it is looked at. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/**
 * What PostgreSQL would read as a whole of the tables of tenants, row by row or along an index from one end, such as
 * `workspaces: Seq Scan`: with these values, and with any, which is how it runs a prepared statement that comes often.
 */
export async function findWholeReads(client: TestClient, { text, values }: Statement): Promise<string[]> {
  const { rows } = await client.query<PlanRow>(`explain (format json) ${text}`, [...values]);
  await client.query(`set plan_cache_mode to force_generic_plan; prepare any_values as ${text}`);
  const nulls = values.length > 0 ? `(${values.map(() => 'null').join(', ')})` : '';
  const { rows: generic } = await client.query<PlanRow>(`explain (format json) execute any_values${nulls}`);
  await client.query('deallocate any_values');
  return [...rows, ...generic].flatMap((row) => nodesOf(row['QUERY PLAN'][0].Plan).flatMap(wholeReads));
}

interface PlanRow {
  'QUERY PLAN': [{ Plan: PlanNode }];
}

const nodesOf = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

function wholeReads(node: PlanNode): string[] {
  const { 'Node Type': type, 'Relation Name': table = '', 'Index Name': index = '' } = node;
  const isConfined = node['Index Cond'] !== undefined || node['Recheck Cond'] !== undefined;
  if (!tenantTables.has(table) || !type.endsWith('Scan') || isConfined) return [];
  return [`${table}: ${type} ${index}`.trim()];
}
