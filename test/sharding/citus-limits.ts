import { parseSync } from 'libpg-query';

/** How PostgreSQL marks a function, in `pg_proc.provolatile`: immutable, stable or volatile. */
export type Volatility = 'i' | 's' | 'v';

/**
 * What Citus refuses in a statement, by its documentation (SQL support and workarounds, common errors): an UPDATE or DELETE
 * with a volatile function; ON CONFLICT DO UPDATE or RETURNING with one that is not immutable; and locks or recursion over
 * more than one shard, which is what `org_id = any(…)` and `org_id in (…)` are. `loadModule` of the parser must have been
 * awaited.
 */
export function findCitusLimits(sql: string, volatilities: ReadonlyMap<string, Volatility>): string[] {
  const tree = parseSync(sql).stmts ?? [];
  const callsIn = (parts: unknown[], refused: readonly Volatility[]) =>
    parts.flatMap(functionNames).filter((name) => refused.includes(volatilities.get(name) ?? 'i'));

  const changes = [...find(tree, 'UpdateStmt'), ...find(tree, 'DeleteStmt')].map(
    ({ withClause: _, returningClause: __, ...change }) => change,
  );
  const conflicts = find(tree, 'onConflictClause');
  const returned = find(tree, 'returningClause');
  const oneShardOnly = [
    ...find(tree, 'LockingClause'),
    ...find(tree, 'withClause').filter(({ recursive }) => recursive),
  ];
  return [
    ...callsIn(changes, ['v']).map((name) => `${name}() in a change: it is volatile`),
    ...callsIn(conflicts, ['s', 'v']).map((name) => `${name}() in ON CONFLICT: it is not immutable`),
    ...callsIn(returned, ['s', 'v']).map((name) => `${name}() in RETURNING: it is not immutable`),
    ...(oneShardOnly.length > 0 && namesSeveral(tree) ? ['a lock or a recursion over several organizations'] : []),
  ];
}

type Fields = Record<string, unknown>;

/** All that stands under this name, at any depth. */
function find(node: unknown, name: string): Fields[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) => [
    ...(key === name ? [child as Fields] : []),
    ...find(child, name),
  ]);
}

/** The last part of a name: without a schema. */
const lastName = (parts: unknown): string =>
  find(parts, 'String')
    .map(({ sval }) => String(sval))
    .at(-1) ?? '';

const functionNames = (part: unknown) => find(part, 'FuncCall').map(({ funcname }) => lastName(funcname));

const namesSeveral = (tree: unknown) =>
  find(tree, 'A_Expr').some(
    ({ kind, lexpr }) => (kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_IN') && lastName(lexpr) === 'org_id',
  );
