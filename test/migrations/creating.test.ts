import { readdir, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { createMigration } from '../../src/database/migrations/create.ts';
import { applyMigrations, schemaDrift } from '../../src/database/migrations.ts';
import { SCHEMA, test } from './fruits.ts';

test('generated columns, partial indexes, checks and views are no drift', async ({ fruits: { url, source } }) => {
  await applyMigrations(url, source);
  expect(await schemaDrift(url, source)).toBe('');
});

test('drift is told as the SQL that would end it', async ({ fruits: { url, source, query } }) => {
  await applyMigrations(url, source);
  await query('alter table fruits add column colour text');
  expect(await schemaDrift(url, source)).toContain('ALTER TABLE "fruits" DROP COLUMN "colour"');
});

test('a new migration holds what schema.prisma asks for, and can be applied', async ({ fruits: { url, source } }) => {
  await writeFile(source.schema, SCHEMA.replace('weight Int?', 'weight Int?\n  colour String?'));
  const { file, empty } = await createMigration('add_colour', source);
  expect(file).toMatch(/\/\d{14}_add_colour\/migration\.sql$/);
  expect(empty).toBe(false);
  const script = await readFile(file, 'utf8');
  expect(script).toMatch(/^set lock_timeout = '10s';\n/);
  expect(script).toContain('ALTER TABLE "fruits" ADD COLUMN     "colour" TEXT');
  expect(await applyMigrations(url, source)).toHaveLength(2);
  expect(await schemaDrift(url, source)).toBe('');
});

test('a new migration is empty when schema.prisma asks for nothing, and has a proper name', async ({
  fruits: { url, source },
}) => {
  const { file, empty } = await createMigration('add_check', source);
  expect(empty).toBe(true);
  expect(await readFile(file, 'utf8')).toMatch(/^set lock_timeout = '10s';\n\n-- schema\.prisma asks for no change/);
  expect(await applyMigrations(url, source)).toHaveLength(2);
  for (const name of ['', '../up', 'Add Check', '1st', 'x'.repeat(61)]) {
    await expect(createMigration(name, source)).rejects.toThrow(/is no name for a migration/);
  }
  expect(await readdir(source.migrations)).toHaveLength(2);
});
