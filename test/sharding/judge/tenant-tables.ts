import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The column that says whose a row is. */
export type TenantKey = 'id' | 'org_id';

const schema = readFileSync(join(import.meta.dirname, '../../../prisma/schema.prisma'), 'utf8');

/**
 * Every table and view with rows of an organization, with the column that says of which: `org_id`, and the `id` of the
 * organizations themselves. Those of schema.prisma, and a view that only our own SQL reads.
 */
export const tenantTables: ReadonlyMap<string, TenantKey> = new Map([
  ['judged_workspaces', 'org_id'],
  ...[...schema.matchAll(/^model \w+ \{$(.*?)^\}$/gms)].flatMap(([, body = '']): [string, TenantKey][] => {
    const [, table] = /@@map\("(\w+)"\)/.exec(body) ?? [];
    if (table === undefined) return [];
    if (table === 'organizations') return [[table, 'id']];
    return body.includes('@map("org_id")') ? [[table, 'org_id']] : [];
  }),
]);
