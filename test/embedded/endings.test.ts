import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { PATIENTLY, query, SLOW, test } from './embedded-test.ts';
import { alive, processesOf } from './processes.ts';

vi.setConfig(SLOW);

test('PostgreSQL and a temporary directory go with a server that is killed', async ({ usedDirectory, runServer }) => {
  const directory = await usedDirectory();
  const owner = await runServer({ directory, temporary: true });
  const { postmaster, guardian } = await processesOf(directory);
  await owner.kill();
  await expect.poll(() => alive(postmaster, guardian), PATIENTLY).toEqual([]);
  expect(existsSync(directory)).toBe(false);
});

test('a server that ends without a word takes PostgreSQL along', async ({ usedDirectory, runServer }) => {
  const directory = await usedDirectory();
  const owner = await runServer({ directory, exits: true });
  expect(await owner.ended).toBe(0);
  await expect.poll(() => existsSync(join(directory, 'postgres', 'postmaster.pid')), PATIENTLY).toBe(false);
});

test('a server that is killed while it makes the data leaves nothing half-made', async ({
  emptyDirectory,
  spawnServer,
  start,
}) => {
  const directory = await emptyDirectory();
  const owner = spawnServer({ directory });
  const isBeingMade = async () => (await readdir(directory)).some((name) => name.startsWith('postgres.new-'));
  await expect.poll(isBeingMade, { ...PATIENTLY, interval: 5 }).toBe(true);
  await owner.kill();
  await expect.poll(() => readdir(directory), PATIENTLY).toEqual([]);
  await start(directory);
});

test('a server whose guardian was killed still stops its PostgreSQL', async ({ usedDirectory, start }) => {
  const directory = await usedDirectory();
  const { url, stop } = await start(directory);
  const { postmaster, guardian } = await processesOf(directory);
  process.kill(guardian, 'SIGKILL');
  await expect.poll(() => alive(guardian), PATIENTLY).toEqual([]);
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await stop();
  expect(await alive(postmaster)).toEqual([]);
});

test("a terminal's interrupt reaches the server and not its PostgreSQL", async ({ usedDirectory, runServer }) => {
  const directory = await usedDirectory();
  const owner = await runServer({ directory });
  const { guardian } = await processesOf(directory);
  const line = once(owner.lines, 'line');
  process.kill(-(owner.process.pid ?? Number.NaN), 'SIGINT');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(guardian, signal);
  expect(await line).toEqual(['interrupted']);
  expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('the server hears of the end of a PostgreSQL that nobody stopped', async ({ usedDirectory, start }) => {
  const directory = await usedDirectory();
  let heard: Error | undefined;
  const onExit = (error: Error) => {
    heard = error;
  };
  const { stop } = await start(directory, { onExit });
  process.kill((await processesOf(directory)).postmaster, 'SIGKILL');
  await expect.poll(() => heard?.message, PATIENTLY).toContain('killed by SIGKILL');
  await stop();
});
