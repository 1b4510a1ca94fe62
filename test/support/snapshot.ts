import type { TestDatabase } from './database.ts';

/** Every row of an organization, by table. */
export type OrganizationSnapshot = Record<string, unknown[]>;

/**
 * Reads all rows of the organization, in every table there is, sorted. Taken before and after, two of them are equal
 * when nothing at all was changed.
 */
export async function snapshotOrganization(database: TestDatabase, orgId: string): Promise<OrganizationSnapshot> {
  const tables = await database.query<{ name: string; key: string }>(
    `select c.relname as name, a.attname as key
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        and a.attname = case c.relname when 'organizations' then 'id' else 'org_id' end
      order by c.relname`,
  );
  const snapshot: OrganizationSnapshot = {};
  for (const { name, key } of tables) {
    const rows = await database.query<{ row: unknown }>(
      `select to_jsonb(t) as row from "${name}" t where t."${key}" = $1::uuid order by to_jsonb(t)::text`,
      [orgId],
    );
    snapshot[name] = rows.map(({ row }) => row);
  }
  return snapshot;
}
