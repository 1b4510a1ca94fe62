import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { DataDirectoryInUseError } from '../../src/database/embedded/errors.ts';
import { PATIENTLY, query, SLOW, test } from './embedded-test.ts';

vi.setConfig(SLOW);

test('a second server on the same data is refused, and told whom to stop', async ({
  usedDirectory,
  runServer,
  start,
}) => {
  const directory = await usedDirectory();
  const owner = await runServer({ directory });
  const refusal = await start(directory).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(DataDirectoryInUseError);
  expect(refusal).toMatchObject({
    pid: owner.process.pid,
    message: expect.stringMatching(/DATA_DIR.*DATABASE_URL/),
  });
  expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a crash of one of its processes costs a server neither PostgreSQL nor the ownership of the data', async ({
  usedDirectory,
  start,
}) => {
  const directory = await usedDirectory();
  const { url } = await start(directory);
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  const ended = new Promise<void>((resolve) => client.on('end', resolve));
  const { rows } = await client.query('select pg_backend_pid() as pid');
  process.kill(rows[0].pid, 'SIGKILL');
  await ended;
  await expect.poll(() => query(url, 'select 1 as one').catch(() => undefined), PATIENTLY).toEqual([{ one: 1 }]);
  await expect(start(directory)).rejects.toThrow(DataDirectoryInUseError);
});

test.for(['for the first time', 'again'] as const)(
  'of servers that start at the same moment %s exactly one wins',
  async (time, { emptyDirectory, usedDirectory, spawnServer }) => {
    const directory = time === 'again' ? await usedDirectory() : await emptyDirectory();
    const servers = Array.from({ length: 5 }, () => spawnServer({ directory }));
    const results = await Promise.all(servers.map(({ result }) => result));
    const winner = results.find(({ url }) => url);
    const refused = { name: 'DataDirectoryInUseError', message: expect.any(String) };
    expect(results.filter((result) => result !== winner)).toEqual([refused, refused, refused, refused]);
    expect(await query(winner?.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await readdir(directory)).filter((name) => name.startsWith('postgres.new-'))).toEqual([]);
  },
);
