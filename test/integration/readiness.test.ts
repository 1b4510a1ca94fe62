import { expect, test } from 'vitest';
import { createReadiness } from '../../src/readiness.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
const api = createTestApi(database);

test('checks whether the server is ready that come together ask the database once, and later ones anew', async () => {
  const isReady = createReadiness(api.prisma);
  const statements = await recordStatements(async () => {
    expect(await Promise.all([isReady(), isReady(), isReady()])).toEqual([true, true, true]);
    expect(await isReady()).toBe(true);
  });
  expect(statements).toHaveLength(2);
});
