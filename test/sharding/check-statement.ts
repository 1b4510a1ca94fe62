import { type AcrossOrganizations, acrossOrganizations } from './across-organizations.ts';
import { findUnboundReferences, type UnboundReference } from './judge/judge.ts';

/** Those that a statement does not bind, with what is wrong and what to do; none when it is as it should be. */
export function checkStatement(sql: string): string[] {
  const unbound = findUnboundReferences(sql, findException(sql)?.tables);
  return unbound.length === 0 ? [] : [explain(sql, unbound)];
}

/** The entry of the list that the statement falls under, where it binds less than it should. */
export function findException(sql: string): AcrossOrganizations | undefined {
  if (findUnboundReferences(sql).length === 0) return undefined;
  const text = sql.replace(/\s+/g, ' ').trim();
  return acrossOrganizations.find(({ statement }) => statement.test(text));
}

function explain(sql: string, unbound: readonly UnboundReference[]): string {
  const references = unbound.map(({ table, alias }) => (table === alias ? table : `${table} as ${alias}`)).join(', ');
  return (
    `A statement does not say of which organization the rows of ${references} are, so that a sharded database would ask ` +
    'every shard. Compare org_id (of organizations: id) with a parameter, or with that of a reference that is bound: of a ' +
    'subquery inside of it, and beside a join with unnest() by `org_id = any(…)`. What is about many organizations by its nature is listed in ' +
    `test/sharding/across-organizations.ts.\n  ${sql}`
  );
}
