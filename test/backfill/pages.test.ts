import { expect, test } from 'vitest';
import { backfill, pageSize } from '../../src/platform-agent/backfill.ts';
import type { Outcome } from '../../src/platform-agent/backfill-organization.ts';
import { createTestApi } from '../support/api.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { recordStatements } from '../support/statements.ts';
import { idAt, insertInstalled, insertWaiting } from './organizations.ts';

const database = await createTestDatabase();
const api = createTestApi(database);

const isPage = (statement: string) => /from organizations\s/.test(statement) && statement.includes('order by id');

async function run(concurrency = 1): Promise<Outcome['kind'][]> {
  const kinds: Outcome['kind'][] = [];
  const finished = await backfill(api.prisma, {
    dryRun: false,
    concurrency,
    signal: new AbortController().signal,
    onOutcome: ({ kind }) => kinds.push(kind),
  });
  expect(finished).toBe(true);
  return kinds;
}

test('passing those that have their agent takes two statements a page, and each page is a range of the key', async () => {
  const ids = Array.from({ length: 20 * pageSize + 1 }, (_, index) => idAt(index + 1_000_000));
  await insertInstalled(database, ids);
  await database.query('analyze organizations, workspaces');
  const kinds: Outcome['kind'][] = [];
  const statements = await recordStatements(async () => {
    kinds.push(...(await run(4)));
  });
  expect(kinds).toEqual(Array(ids.length).fill('settled'));
  expect(statements).toHaveLength(21 * 2);

  const pages = statements.filter(isPage);
  expect(pages).toHaveLength(21);
  for (const place of [1, 10, 19]) {
    const rows = await database.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${pages[1]}`, [
      ids[place * pageSize],
      pageSize,
    ]);
    const plan = rows.map((row) => row['QUERY PLAN'].trim());
    expect(plan).toEqual([
      'Limit',
      '->  Index Scan using organizations_pkey on organizations',
      expect.stringMatching(/^Index Cond: \(id > /),
    ]);
  }
});

test('no page is read before all of the one before it has been taken, and what is deleted meanwhile is not missed', async () => {
  const ids = await insertWaiting(database, pageSize + 1);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [ids[0]]);
  let running: Promise<Outcome['kind'][]> | undefined;
  const statements = await recordStatements(async () => {
    running = run();
    await waitUntilBlockedBy(holder);
  });
  expect(statements.filter(isPage)).toHaveLength(1);
  const gone = ids[1];
  await database.query('delete from workspaces where org_id = $1', [gone]);
  await database.query('delete from organizations where id = $1', [gone]);
  await holder.query('rollback');
  const kinds = await running;
  expect(kinds?.filter((kind) => kind === 'gone')).toHaveLength(1);
  expect(kinds?.filter((kind) => kind === 'installed')).toHaveLength(pageSize);
});
