import { loadModule } from 'libpg-query';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { acrossOrganizations } from './across-organizations.ts';
import { checkStatement, findException } from './check-statement.ts';
import { findUnboundReferences } from './judge/judge.ts';
import { tenantTables } from './judge/tenant-tables.ts';

await loadModule();
const database = await createTestDatabase();

const bound = [
  'select from workspaces where org_id = $1',
  'select from organizations where $1::uuid = id',
  `select from workspaces where org_id = '11111111-1111-4111-8111-111111111111'`,
  'select from workspaces where org_id in (null)',
  'select from workspaces where org_id in ($1, $2) and id = any($3::uuid[])',
  'select from workspaces where (org_id, id) in (($1, $2), ($3, $4))',
  'select from workspaces where (org_id = $1 and id = $2) or (id = $4 and org_id = $3)',
  'select from workspaces w join workspace_heartbeats h on h.org_id = w.org_id where h.org_id = any($1)',
  'select from workspaces w join workspace_heartbeats h using (org_id) where w.org_id = $1',
  'select from workspaces w, organizations o where o.id = w.org_id and o.id = $1',
  'select from workspaces w left join workspace_states s on s.org_id = w.org_id where w.org_id = $1',
  'select from workspaces w where org_id = $1 and exists (select from org_events e where e.org_id = w.org_id)',
  'select from workspaces where org_id in (select org_id from org_events where org_id = $1)',
  'select from unnest($1::uuid[], $2::uuid[]) as a (org, id) join workspaces w on w.org_id = a.org where w.org_id = any($1)',
  'select from organizations o cross join lateral (select from workspaces w where w.org_id = o.id) x where o.id = $1',
  'with o as (select id from organizations where id = $1) select from o join workspaces w on w.org_id = o.id',
  'with recursive up as (select org_id, id from workspaces where org_id = $1 union all select w.org_id, w.id from up join workspaces w on w.org_id = up.org_id) select from up',
  'select from workspaces where org_id = $1 union select from workspaces where org_id = $2',
  'insert into workspaces (name, org_id) values ($1, $2), ($3, $4)',
  'insert into org_events (org_id, seq) select id, $2 from organizations where id = $1',
  'with counted as (update organizations set event_seq = 1 where id = $1 returning id) insert into org_events (org_id) select id from counted',
  'update workspace_heartbeats h set message = b.m from unnest($2::uuid[], $3::text[]) as b (w, m) where h.org_id = $1 and h.workspace_id = b.w',
  'delete from org_plugin_allowlist e using workspaces w where e.org_id = w.org_id and w.org_id = $1',
  'select from status_windows',
  'select 1',
  'BEGIN',
];

test.each(bound)('is bound: %s', (sql) => {
  expect(findUnboundReferences(sql)).toEqual([]);
});

const unbound: [sql: string, ...references: string[]][] = [
  ['select from workspaces', 'workspaces'],
  ['select from workspaces where id = $1', 'workspaces'],
  ['select from organizations where name = $1', 'organizations'],
  ['select from workspaces where org_id <> $1', 'workspaces'],
  ['select from workspaces where not org_id = $1', 'workspaces'],
  ['select from workspaces where org_id = parent_id', 'workspaces'],
  ['select from workspaces where org_id = org_id', 'workspaces'],
  ['select from workspaces where org_id = $1 or name = $2', 'workspaces'],
  ['select from workspaces where (org_id = $1 and id = $2) or id = $3', 'workspaces'],
  ['select from workspaces where org_id not in ($1, $2)', 'workspaces'],
  ['select from workspaces where org_id in ($1, parent_id)', 'workspaces'],
  ['select from workspaces where (id, org_id) in (($1, parent_id), ($2, $3))', 'workspaces'],
  ['select from workspaces where org_id <> all ($1)', 'workspaces'],
  ['select from workspaces where org_id in (select id from organizations)', 'workspaces', 'organizations'],
  ['select from workspaces w join workspace_heartbeats h on h.workspace_id = w.id where w.org_id = $1', 'h'],
  ['select from workspaces w join workspace_heartbeats h on h.org_id = w.org_id', 'w', 'h'],
  ['select from workspaces w join workspace_heartbeats h using (id) where w.org_id = $1', 'h'],
  ['select from workspaces w, org_events e where w.org_id = $1', 'e'],
  ['select from workspaces w left join org_events e on w.org_id = $1 and e.org_id = w.org_id', 'w', 'e'],
  ['select from workspaces w full join org_events e on e.org_id = w.org_id where w.org_id = $1', 'e'],
  ['select from workspaces where org_id = $1 and exists (select from org_events)', 'org_events'],
  ['select (select count(*) from org_events) from workspaces where org_id = $1', 'org_events'],
  ['select from (select org_id from workspaces) w where w.org_id = $1', 'workspaces'],
  [
    'select from organizations o left join (select org_id, count(*) from workspaces group by 1) c on c.org_id = o.id where o.id = $1',
    'workspaces',
  ],
  ['with w as (select org_id from workspaces) select from w where org_id = $1', 'workspaces'],
  [
    'with recursive up as (select org_id, id from workspaces where org_id = $1 union all select w.org_id, w.id from up join workspaces w on w.id = up.id) select from up',
    'w',
  ],
  [
    'with recursive up as (select org_id from workspaces union all select w.org_id from up join workspaces w on w.org_id = up.org_id) select from up',
    'workspaces',
    'w',
  ],
  ['select from workspaces where org_id = $1 union select from workspaces', 'workspaces'],
  ['select from unnest($1::uuid[]) as a (org) join workspaces w on w.org_id = a.org', 'w'],
  ['select from generate_series($1, $2) as s (org) join workspaces w on w.org_id = s.org', 'w'],
  ['insert into workspaces (name) values ($1)', 'workspaces'],
  ['insert into workspaces values ($1)', 'workspaces'],
  ['insert into workspaces (org_id) values ($1), (gen_random_uuid())', 'workspaces'],
  ['insert into org_events (org_id) select id from organizations', 'org_events', 'organizations'],
  ['update workspaces set org_id = $1', 'workspaces'],
  ['update workspaces w set name = o.name from organizations o where o.id = $1', 'w'],
  ['delete from org_events where seq = $1', 'org_events'],
  ['with d as (delete from org_events returning org_id) select from d', 'org_events'],
  ['merge into workspaces using organizations o on true when matched then delete', 'organizations', 'workspaces'],
  ['lock table workspaces', 'workspaces'],
  ['truncate org_events', 'org_events'],
  ['copy workspaces to stdout', 'workspaces'],
];

test.each(unbound)('is not bound: %s', (sql, ...references) => {
  expect(
    findUnboundReferences(sql)
      .map(({ alias }) => alias)
      .sort(),
  ).toEqual(references.sort());
  const [violation] = checkStatement(sql);
  expect(violation).toContain(sql);
  expect(violation).toContain('Compare org_id');
});

test('a view is bound by the organization that its reader names', async () => {
  const views = await database.query<{ name: string; definition: string }>(
    `select viewname as name, definition from pg_views where schemaname = 'public'`,
  );
  for (const { name, definition } of views) {
    expect(tenantTables.has(name), name).toBe(true);
    expect(findUnboundReferences(`${definition.replace(/;$/, '')} where w.org_id = $1`), name).toEqual([]);
    expect(findUnboundReferences(definition).length, name).toBeGreaterThan(0);
  }
});

test('the tables with rows of organizations are those that have org_id, and the organizations', async () => {
  const stored = await database.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and (column_name = 'org_id' or (table_name, column_name) = ('organizations', 'id'))`,
  );
  expect([...tenantTables.keys()].sort()).toEqual(stored.map(({ name }) => name).sort());
});

test('a statement that is listed binds all but what it is listed for', () => {
  const [list] = acrossOrganizations;
  const page = (join: string) =>
    `SELECT "t0"."id" FROM "public"."organizations" AS "t0" ${join}ORDER BY "t0"."name" ASC, "t0"."id" ASC LIMIT $1 OFFSET $2`;
  expect(findException(page(''))).toBe(list);
  expect(checkStatement(page(''))).toEqual([]);
  expect(checkStatement(page('JOIN workspaces w ON w.org_id = "t0"."id" '))).toEqual([]);
  expect(checkStatement(page('JOIN workspaces w ON true '))).toHaveLength(1);
});
