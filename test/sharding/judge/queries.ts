import type { CommonTableExpr, DeleteStmt, InsertStmt, Node, SelectStmt, UpdateStmt, WithClause } from 'libpg-query';
import { all, isExpressionBound, testBinds } from './expressions.ts';
import { type Column, createScope, isColumnBound, keyOf, type Path, type Scope, type Source, textOf } from './scope.ts';
import { addSources, renamed, toTable } from './sources.ts';

/** A statement, or one inside of another: what it sees, and the columns that it gives. */
export interface Query {
  readonly scope: Scope;
  columns(): readonly Column[];
}

const queries = new WeakMap<object, Query>();
const noColumns: Query['columns'] = () => [];

/** Reads a statement that stands in the scope `parent`. It is read once, however many ask. */
export function readQuery(node: Node, parent: Scope | undefined): Query {
  const [statement] = Object.values(node) as object[];
  if (statement === undefined) throw new Error('An empty node is no statement');
  const known = queries.get(statement);
  if (known) return known;
  const scope = createScope(parent);
  const query: Query = { scope, columns: once(() => columnsOf()) };
  queries.set(statement, query);
  const columnsOf = readInto(scope, node);
  return query;
}

function readInto(scope: Scope, node: Node): Query['columns'] {
  if ('SelectStmt' in node) return readSelect(node.SelectStmt, scope);
  if ('InsertStmt' in node) return readInsert(node.InsertStmt, scope);
  if ('UpdateStmt' in node) return readChange(node.UpdateStmt, node.UpdateStmt.fromClause, scope);
  if ('DeleteStmt' in node) return readChange(node.DeleteStmt, node.DeleteStmt.usingClause, scope);
  return noColumns;
}

function readSelect(select: SelectStmt, scope: Scope): Query['columns'] {
  const { withClause, larg, rarg, valuesLists, fromClause, whereClause, targetList } = select;
  addCtes(withClause, scope);
  if (larg && rarg) {
    const [left, right] = [larg, rarg].map((arm) => readQuery({ SelectStmt: arm }, scope));
    return () =>
      (left?.columns() ?? []).map(({ name, isBound }, i) => ({
        name,
        isBound: (path) => isBound(path) && (right?.columns()[i]?.isBound(path) ?? false),
      }));
  }
  if (valuesLists) {
    const rows = valuesLists.map((row) => ('List' in row ? (row.List.items ?? []) : []));
    const isBound = (position: number, path: Path) => all(rows, (row) => isExpressionBound(row[position], scope, path));
    return () => (rows[0] ?? []).map((_, i) => ({ name: `column${i + 1}`, isBound: (path) => isBound(i, path) }));
  }
  addSources(fromClause, scope);
  addWhere(whereClause, scope);
  return () => outputsOf(targetList, scope);
}

function readInsert({ withClause, relation, cols = [], selectStmt, returningClause }: InsertStmt, scope: Scope) {
  addCtes(withClause, scope);
  const names = cols.map((column) => ('ResTarget' in column ? column.ResTarget.name : undefined));
  const inserted = selectStmt && readQuery(selectStmt, scope);
  const columns = () =>
    names.map((name, i) => ({ name, isBound: (path: Path) => inserted?.columns()[i]?.isBound(path) ?? false }));
  if (relation) scope.sources.push(toTable(relation, createScope(undefined), columns));
  return () => outputsOf(returningClause?.exprs, scope);
}

function readChange(statement: UpdateStmt | DeleteStmt, from: Node[] | undefined, scope: Scope): Query['columns'] {
  const { withClause, relation, whereClause, returningClause } = statement;
  addCtes(withClause, scope);
  if (relation) scope.sources.push(toTable(relation, createScope(undefined)));
  addSources(from, scope);
  addWhere(whereClause, scope);
  return () => outputsOf(returningClause?.exprs, scope);
}

function addWhere(test: Node | undefined, scope: Scope): void {
  if (!test) return;
  scope.conditions.push({ confines: scope.sources, binds: (column, path) => testBinds(test, scope, column, path) });
}

function addCtes(withClause: WithClause | undefined, scope: Scope): void {
  for (const item of withClause?.ctes ?? []) {
    if (!('CommonTableExpr' in item)) continue;
    const { ctename = '', ctequery, aliascolnames } = item.CommonTableExpr;
    if (!ctequery) continue;
    const columns = () => renamed(readQuery(ctequery, scope).columns(), aliascolnames);
    scope.ctes.set(ctename, withClause?.recursive ? once(() => recursive(item.CommonTableExpr, columns())) : columns);
  }
}

/** By induction: what the first step gives is bound, and what each further one gives if that of the one before was. */
function recursive(cte: CommonTableExpr, columns: readonly Column[]): readonly Column[] {
  return columns.map(({ name, isBound }) => {
    const assumption = { of: cte, name, isAssumed: true as const };
    const isAssumed = (path: Path) => path.some((judged) => judged.of === cte && judged.name === name);
    return {
      name,
      isBound: (path) => isAssumed(path) || isBound([...path.filter((judged) => judged.isAssumed), assumption]),
    };
  });
}

function outputsOf(targets: readonly Node[] | undefined, scope: Scope): readonly Column[] {
  return (targets ?? []).flatMap((target): readonly Column[] => {
    if (!('ResTarget' in target)) return [];
    const { name, val } = target.ResTarget;
    const fields = val && 'ColumnRef' in val ? (val.ColumnRef.fields ?? []) : [];
    const last = fields.at(-1);
    if (last && 'A_Star' in last) return starOf(fields, scope);
    return [{ name: name ?? (last && textOf(last)), isBound: (path) => isExpressionBound(val, scope, path) }];
  });
}

/** `*` and `alias.*`. Of the columns of a table only the key is known. */
function starOf(fields: readonly Node[], scope: Scope): readonly Column[] {
  const qualifier = fields.length > 1 ? fields.map(textOf).at(-2) : undefined;
  const sources = scope.sources.filter(({ name }) => qualifier === undefined || name === qualifier);
  return sources.flatMap((source) => columnsOf(source, scope));
}

function columnsOf(source: Source, scope: Scope): readonly Column[] {
  const names = source.tenant ? [keyOf(source.tenant)] : source.columns().map(({ name }) => name);
  return names.map((name) => ({
    name,
    isBound: (path) => name !== undefined && isColumnBound({ scope, source, name }, path),
  }));
}

function once<Value>(compute: () => Value): () => Value {
  let computed: { value: Value } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
}
