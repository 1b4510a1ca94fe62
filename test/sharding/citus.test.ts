import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModule, type Node, parseSync } from 'libpg-query';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { tenantTables } from './judge/tenant-tables.ts';

await loadModule();
const database = await createTestDatabase();

const script = parseSync(readFileSync(join(import.meta.dirname, '../../prisma/citus.sql'), 'utf8'));

interface Call {
  readonly name: string;
  /** The texts of its arguments, those that are named by `name: text`. */
  readonly args: readonly string[];
}

/** The functions that the script calls, in their order. */
const calls: readonly Call[] = (script.stmts ?? []).flatMap(({ stmt }) => {
  if (!stmt || !('SelectStmt' in stmt)) return [];
  const [target] = stmt.SelectStmt.targetList ?? [];
  const call = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!call || !('FuncCall' in call)) return [];
  const { funcname = [], args = [] } = call.FuncCall;
  return [{ name: funcname.map(textOf).join('.'), args: args.map(textOf) }];
});

function textOf(node: Node): string {
  if ('String' in node) return node.String.sval ?? '';
  if ('A_Const' in node) return node.A_Const.sval?.sval ?? '';
  if (!('NamedArgExpr' in node) || !node.NamedArgExpr.arg) throw new Error(`No text: ${JSON.stringify(node)}`);
  return `${node.NamedArgExpr.name}: ${textOf(node.NamedArgExpr.arg)}`;
}

const distributed = calls.filter(({ name }) => name === 'create_distributed_table');
const functions = calls.filter(({ name }) => name === 'create_distributed_function');
const position = (table: string) => calls.findIndex(({ args }) => args[0] === table);

test('every table is on the list: sharded by the organization, or on every node', async () => {
  const tables = await database.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> '_prisma_migrations'`,
  );
  const listed = calls.filter((call) => !functions.includes(call));
  expect(listed.map(({ args }) => args[0]).sort()).toEqual(tables.map(({ name }) => name).sort());

  const views = await database.query<{ name: string }>(
    `select viewname as name from pg_views where schemaname = 'public'`,
  );
  const sharded = [...tenantTables.keys()].filter((table) => !views.some(({ name }) => name === table));
  expect(distributed.map(({ args }) => args[0]).sort()).toEqual(sharded.sort());
});

test('every function that a statement may call is on every node', async () => {
  const ours = await database.query<{ name: string }>(
    `select oid::regprocedure::text as name from pg_proc
     where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype order by 1`,
  );
  const listed = await database.query<{ name: string }>(
    'select name::regprocedure::text as name from unnest($1::text[]) as name order by 1',
    [functions.map(({ args }) => args[0])],
  );
  expect(listed).toEqual(ours);
  expect(ours.length).toBeGreaterThan(0);
});

test('every sharded table is so by the column that says of which organization a row is, beside the organizations', () => {
  for (const { args } of distributed) {
    const [table = '', ...rest] = args;
    const group = table === 'organizations' ? 'none' : 'organizations';
    expect(rest, table).toEqual([tenantTables.get(table), `colocate_with: ${group}`]);
  }
});

test('every table comes after those that its foreign keys lead to', async () => {
  const keys = await database.query<{ name: string; from: string; to: string }>(
    `select conname as name, conrelid::regclass::text as from, confrelid::regclass::text as to
     from pg_constraint where contype = 'f' and conrelid <> confrelid`,
  );
  expect(keys.length).toBeGreaterThan(0);
  for (const { name, from, to } of keys) expect(position(from), name).toBeGreaterThan(position(to));
});

test('every foreign key, primary key and unique index of a sharded table holds the column that it is sharded by', async () => {
  const keys = await database.query<{ name: string; table: string; columns: string[] }>(
    `select conname as name, conrelid::regclass::text as table, columns
     from pg_constraint, lateral (
       select array_agg(attname::text) as columns from pg_attribute where attrelid = conrelid and attnum = any(conkey)
     ) key
     where contype = 'f'
     union all
     select indexrelid::regclass::text, indrelid::regclass::text, columns
     from pg_index, lateral (
       select array_agg(attname::text) as columns from pg_attribute where attrelid = indrelid and attnum = any(indkey)
     ) key
     where indisunique and indrelid::regclass::text = any($1)`,
    [distributed.map(({ args }) => args[0])],
  );
  expect(keys.length).toBeGreaterThan(0);
  for (const { name, table, columns } of keys) expect(columns, name).toContain(tenantTables.get(table));
});
