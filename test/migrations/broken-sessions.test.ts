import { expect } from 'vitest';
import { MigrationError } from '../../src/database/migrations/errors.ts';
import { withSession } from '../../src/database/migrations/session.ts';
import { waitUntil } from '../support/barriers.ts';
import { test } from './fruits.ts';

test('a session that breaks between statements is not replaced by one without its locks', async ({
  fruits: { url, query },
}) => {
  let next: unknown;
  const work = withSession(url, async (session) => {
    const { rows } = await session.query('select pg_advisory_lock(1), pg_backend_pid() as pid');
    await query(`select pg_terminate_backend(${rows[0].pid})`);
    await waitUntil('the break is noticed', async () => session.totalCount === 0);
    next = await session.query('create table left_behind (id int)').catch((error: unknown) => error);
    throw next;
  });
  const refusal = await work.catch((error: unknown) => error);
  expect(next).toMatchObject({ message: 'terminating connection due to administrator command' });
  expect(refusal).toBeInstanceOf(MigrationError);
  expect(refusal).toMatchObject({ message: expect.stringMatching(/^The connection .* broke: terminating connection/) });
  expect(await query("select to_regclass('left_behind') as left_behind")).toEqual([{ left_behind: null }]);
});
