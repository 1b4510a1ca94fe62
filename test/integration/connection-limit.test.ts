import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { warnOfScarceConnections } from '../../src/database/connection-limit.ts';
import { createLogger } from '../../src/logger.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';

const database = await createTestDatabase();
const { prisma } = createTestApi(database);

async function warnings(processes: number, poolSize: number): Promise<Record<string, unknown>[]> {
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('warn', { write: (line) => logged.push(JSON.parse(line)) });
  const config = readConfig({ WEB_CONCURRENCY: String(processes), DATABASE_POOL_SIZE: String(poolSize) });
  await warnOfScarceConnections(prisma, config, log);
  return logged;
}

test('pools that may ask for more connections than the database gives are warned of', async () => {
  const [row] = await database.query<{ most: number; kept: number }>(
    `select current_setting('max_connections')::int as most,
            (select sum(setting::int)::int from pg_settings
              where name in ('superuser_reserved_connections', 'reserved_connections')) as kept`,
  );
  const available = (row?.most ?? 0) - (row?.kept ?? 0);
  expect(await warnings(1, available)).toEqual([]);
  expect(await warnings(2, available)).toEqual([
    expect.objectContaining({ wanted: 2 * available, available, msg: expect.stringContaining('WEB_CONCURRENCY') }),
  ]);
  expect(await warnings(1, available + 1)).toHaveLength(1);
});
