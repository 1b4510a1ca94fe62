import { type Node, parseSync, type RangeVar } from 'libpg-query';
import { readQuery } from './queries.ts';
import { isColumnBound, keyOf, type Scope } from './scope.ts';
import { tenantTables } from './tenant-tables.ts';

/** A table of tenants in a statement that nothing confines to the organizations that a parameter names. */
export interface UnboundReference {
  readonly table: string;
  /** How the statement calls it. */
  readonly alias: string;
}

/**
 * The references to tables of tenants that the SQL does not bind, where those to the tables in `free` count as bound.
 * `loadModule` of the parser must have been awaited.
 */
export function findUnboundReferences(sql: string, free: readonly string[] = []): UnboundReference[] {
  const scopes = new Set<Scope>();
  const mentioned = new Set<RangeVar>();
  for (const { stmt } of parseSync(sql).stmts ?? []) collect(stmt, undefined, scopes, mentioned);

  const references = [...scopes].flatMap((scope) =>
    scope.sources.flatMap((source) => {
      const { tenant, name: alias } = source;
      if (tenant === undefined) return [];
      mentioned.delete(tenant);
      const { relname: table = '' } = tenant;
      if (free.includes(table)) scope.conditions.push({ confines: [source], binds: () => true });
      return [{ table, alias, column: { scope, source, name: keyOf(tenant) } }];
    }),
  );
  const unbound = references.filter(({ column }) => !isColumnBound(column, []));
  // What is mentioned where nothing is understood, as in `lock table`.
  const rest = [...mentioned].map(({ relname: table = '' }) => ({ table, alias: table }));
  return [...unbound, ...rest].map(({ table, alias }) => ({ table, alias }));
}

const statements = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt']);

/** Finds the scopes of all statements inside of `value`, and every mention of a table of tenants, understood or not. */
function collect(value: unknown, scope: Scope | undefined, scopes: Set<Scope>, mentioned: Set<RangeVar>): void {
  if (typeof value !== 'object' || value === null) return;
  if ('relname' in value && tenantTables.has(String(value.relname))) mentioned.add(value as RangeVar);
  for (const [key, child] of Object.entries(value)) {
    // The arms of a union are statements that do not say so.
    const name = 'op' in value && (key === 'larg' || key === 'rarg') ? 'SelectStmt' : key;
    if (!statements.has(name)) {
      collect(child, scope, scopes, mentioned);
      continue;
    }
    const inner = readQuery({ [name]: child } as unknown as Node, scope).scope;
    scopes.add(inner);
    collect(child, inner, scopes, mentioned);
  }
}
