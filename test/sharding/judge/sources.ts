import type { JoinExpr, Node, RangeVar } from 'libpg-query';
import { testBinds } from './expressions.ts';
import { readQuery } from './queries.ts';
import { type Column, hasColumn, isColumnBound, type Scope, type Source, textOf } from './scope.ts';
import { tenantTables } from './tenant-tables.ts';

/** Adds what stands in a FROM clause to the scope, and returns it. */
export function addSources(items: readonly Node[] | undefined, scope: Scope): Source[] {
  return (items ?? []).flatMap((item) => {
    if ('JoinExpr' in item) return addJoin(item.JoinExpr, scope);
    const source = toSource(item, scope);
    scope.sources.push(source);
    return [source];
  });
}

/** A table, or the CTE that bears its name; `columns` are those of its columns whose values are known. */
export function toTable(table: RangeVar, scope: Scope, columns: () => readonly Column[] = () => []): Source {
  const { relname = '', schemaname, alias } = table;
  const name = alias?.aliasname ?? relname;
  const cte = schemaname === undefined ? findCte(scope, relname) : undefined;
  if (cte) return { name, tenant: undefined, columns: () => renamed(cte(), alias?.colnames) };
  return { name, tenant: tenantTables.has(relname) ? table : undefined, columns };
}

/** Columns under the names that an alias gives them. */
export function renamed(columns: readonly Column[], names: readonly Node[] | undefined): readonly Column[] {
  return columns.map((column, i) => {
    const name = names?.[i];
    return name === undefined ? column : { ...column, name: textOf(name) };
  });
}

function toSource(item: Node, scope: Scope): Source {
  if ('RangeVar' in item) return toTable(item.RangeVar, scope);
  // What a function gives is in its rows, and a sharded database has to know before it has any which shards to ask.
  if (!('RangeSubselect' in item)) return { name: '', tenant: undefined, columns: () => [] };
  const { subquery, alias } = item.RangeSubselect;
  const name = alias?.aliasname ?? '';
  const columns = () => (subquery ? renamed(readQuery(subquery, scope).columns(), alias?.colnames) : []);
  return { name, tenant: undefined, columns };
}

function addJoin({ jointype, larg, rarg, quals, usingClause }: JoinExpr, scope: Scope): Source[] {
  const left = addSources(larg && [larg], scope);
  const right = addSources(rarg && [rarg], scope);
  const both = [...left, ...right];
  const confines = { JOIN_INNER: both, JOIN_LEFT: right, JOIN_RIGHT: left }[jointype as string] ?? [];
  if (quals) scope.conditions.push({ confines, binds: (column, path) => testBinds(quals, scope, column, path) });
  for (const using of usingClause ?? []) {
    const shared = textOf(using) ?? '';
    scope.conditions.push({
      confines,
      binds: ({ source, name }, path) =>
        name === shared &&
        (left.includes(source) ? right : left).some(
          (other) => hasColumn(other, shared) && isColumnBound({ scope, source: other, name: shared }, path),
        ),
    });
  }
  return both;
}

function findCte(scope: Scope | undefined, name: string): (() => readonly Column[]) | undefined {
  return scope && (scope.ctes.get(name) ?? findCte(scope.parent, name));
}
