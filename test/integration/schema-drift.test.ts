import { expect, test } from 'vitest';
import { schemaDrift } from '../../src/database/migrations.ts';
import { createTestDatabase } from '../support/database.ts';

const database = await createTestDatabase();

test('the migrations make the very tables that schema.prisma declares', async () => {
  expect(await schemaDrift(database.url)).toBe('');
});

test('a column, a foreign key and an index that schema.prisma does not know are told', async () => {
  await database.query('alter table workspaces add column colour text');
  await database.query('alter table workspaces drop constraint workspaces_sole_root_fkey');
  await database.query('create index stray on org_events (org_id, actor)');

  const drift = await schemaDrift(database.url);
  expect(drift).toContain('DROP COLUMN "colour"');
  expect(drift).toContain('ADD CONSTRAINT "workspaces_sole_root_fkey"');
  expect(drift).toContain('DROP INDEX "stray"');
});
