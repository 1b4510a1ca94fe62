import type { Node, RangeVar } from 'libpg-query';
import { tenantTables } from './tenant-tables.ts';

// What the names in a statement mean, and which columns are bound: can only have values that parameters give. Whatever is
// not understood counts as not bound.

/** What is being judged already, so that nothing rests on itself; but for what may be assumed of the step before. */
export type Path = readonly { readonly of: object; readonly name: string | undefined; readonly isAssumed?: true }[];

/** A column that a query or a source gives. */
export interface Column {
  readonly name: string | undefined;
  isBound(path: Path): boolean;
}

/** What a query reads from or writes to: a table, a CTE, a subquery, a function. */
export interface Source {
  /** How the query calls it. */
  readonly name: string;
  /** Where it is a table with rows of organizations. */
  readonly tenant: RangeVar | undefined;
  /** The columns it gives, or those whose values are known. */
  columns(): readonly Column[];
}

/** Something that rows must fulfil, and the sources whose rows that confines: an outer join confines one side alone. */
export interface Condition {
  readonly confines: readonly Source[];
  binds(column: SourceColumn, path: Path): boolean;
}

/** What a statement, or one inside of another, sees. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly ctes: Map<string, () => readonly Column[]>;
  readonly sources: Source[];
  readonly conditions: Condition[];
}

export interface SourceColumn {
  readonly scope: Scope;
  readonly source: Source;
  readonly name: string;
}

export function createScope(parent: Scope | undefined): Scope {
  return { parent, ctes: new Map(), sources: [], conditions: [] };
}

/** The column that says of which organization the rows of a tenant's table are. */
export function keyOf(table: RangeVar): string {
  return tenantTables.get(table.relname ?? '') ?? 'org_id';
}

/** Whether the source is known to have the column: of a table only the key is known. */
export function hasColumn({ tenant, columns }: Source, name: string): boolean {
  return tenant ? keyOf(tenant) === name : columns().some((column) => column.name === name);
}

/** What `name`, `alias.name` or `schema.table.name` means; undefined where that cannot be told. */
export function resolveColumn(scope: Scope | undefined, fields: readonly Node[]): SourceColumn | undefined {
  const [name, qualifier] = fields.map(textOf).reverse();
  if (scope === undefined || name === undefined) return undefined;
  const { sources, parent } = scope;
  const candidates = sources.filter((source) =>
    qualifier === undefined
      ? hasColumn(source, name) || (sources.length === 1 && source.tenant !== undefined)
      : source.name === qualifier,
  );
  const [source] = candidates;
  if (source === undefined) return resolveColumn(parent, fields);
  return candidates.length === 1 ? { scope, source, name } : undefined;
}

export function isSameColumn(one: SourceColumn | undefined, other: SourceColumn): boolean {
  return one?.source === other.source && one.name === other.name;
}

/** Whether the column can only have values that parameters give. */
export function isColumnBound(column: SourceColumn, path: Path): boolean {
  const { scope, source, name } = column;
  if (path.some((judged) => judged.of === source && judged.name === name)) return false;
  const deeper = [...path, { of: source, name }];
  return (
    source.columns().some((given) => given.name === name && given.isBound(deeper)) ||
    scope.conditions.some(({ confines, binds }) => confines.includes(source) && binds(column, deeper))
  );
}

/** The text of an identifier. */
export function textOf(node: Node): string | undefined {
  return 'String' in node ? node.String.sval : undefined;
}
