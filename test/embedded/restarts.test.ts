import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { copy, PATIENTLY, query, SLOW, test } from './embedded-test.ts';
import { alive, processesOf } from './processes.ts';

vi.setConfig(SLOW);

test.concurrent('a restart keeps the data, and a stop leaves nothing running', async ({
  expect,
  emptyDirectory,
  start,
}) => {
  const directory = await emptyDirectory();
  const first = await start(directory, { durable: true });
  await query(first.url, 'create table kept as select 42 as answer');
  const { postmaster, guardian } = await processesOf(directory);
  await Promise.all([first.stop(), first.stop()]);
  expect(await alive(postmaster, guardian)).toEqual([]);
  expect((await readdir(directory)).sort()).toEqual(['postgres', 'postgres.log']);

  const second = await start(directory, { durable: true });
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test.concurrent('the database is UTF-8 and UTC, listens on loopback TCP alone, and its role is no superuser', async ({
  expect,
  usedDirectory,
  start,
}) => {
  const directory = await usedDirectory();
  const { url } = await start(directory, { settings: { max_connections: '33' } });
  const [row] = await query(
    url,
    `select current_user as role, rolsuper as superuser, current_database() as database, pg_encoding_to_char(encoding),
            current_setting('timezone') as timezone,
            current_setting('max_connections') as connections
       from pg_database join pg_roles on rolname = current_user where datname = current_database()`,
  );
  expect(row).toEqual({
    role: 'taproot',
    superuser: false,
    database: 'taproot',
    pg_encoding_to_char: 'UTF8',
    timezone: 'UTC',
    connections: '33',
  });
  const lock = await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8');
  const [, , , , unixSockets, address] = lock.split('\n');
  expect({ unixSockets, address }).toEqual({ unixSockets: '', address: '127.0.0.1' });
  await expect(query(url.replace(/:[0-9a-f]+@/, ':guess@'), 'select')).rejects.toThrow(
    'password authentication failed',
  );
});

test.concurrent('the next start after a server was killed finds the data, however soon it comes', async ({
  expect,
  usedDirectory,
  runServer,
  start,
}) => {
  const directory = await usedDirectory();
  const owner = await runServer({ directory });
  await query(owner.url, 'create table kept as select 42 as answer');
  const { postmaster, guardian } = await processesOf(directory);
  await owner.kill();

  const { url } = await start(directory);
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await expect.poll(() => alive(postmaster, guardian), PATIENTLY).toEqual([]);
});

test.concurrent('a PostgreSQL orphaned by the death of server and guardian is taken over', async ({
  expect,
  usedDirectory,
  runServer,
  start,
}) => {
  const directory = await usedDirectory();
  const owner = await runServer({ directory });
  await query(owner.url, 'create table kept as select 42 as answer');
  const { postmaster, guardian } = await processesOf(directory);
  process.kill(guardian, 'SIGKILL');
  await owner.kill();
  expect(await alive(postmaster)).toEqual([postmaster]);

  const { url } = await start(directory);
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(await alive(postmaster)).toEqual([]);
});

test.concurrent.for([
  ['names a live process that is no PostgreSQL', `${process.pid}\n/nowhere\n1700000000\n1\n\n\n`],
  ['names a process that is gone', '4194303\n/nowhere\n1700000000\n1\n\n\n'],
  ['was cut short by a power failure', ''],
] as const)(
  'a lock file that %s does not keep PostgreSQL from starting',
  async ([, text], { expect, usedDirectory, start }) => {
    const directory = await usedDirectory();
    await writeFile(join(directory, 'postgres', 'postmaster.pid'), text);
    const { url } = await start(directory);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  },
);

test.concurrent('a copy of the directory of a running server is a server of its own', async ({
  expect,
  usedDirectory,
  emptyDirectory,
  start,
}) => {
  const directory = await usedDirectory();
  const original = await start(directory);
  const duplicate = await emptyDirectory();
  await copy(join(directory, 'postgres'), duplicate);
  const { url } = await start(duplicate);
  expect(url).not.toBe(original.url);
  expect(await query(original.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});
