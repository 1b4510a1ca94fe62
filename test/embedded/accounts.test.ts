import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { vi } from 'vitest';
import { PATIENTLY, query, SLOW, test } from './embedded-test.ts';
import { installCopy, linksOf } from './installed-copy.ts';
import { alive, processesOf } from './processes.ts';
import { COMPILED } from './server-process.ts';

vi.setConfig(SLOW);

const NOBODY = { uid: 65_534, gid: 65_534 };
const STRANGER = { uid: 12_345, gid: 12_345 };
const isRoot = process.getuid?.() === 0;

/** Whether an ordinary user may read or execute what is at the path. To be asked as root. */
function mayNobody(access: '-r' | '-x', path: string): boolean {
  try {
    execFileSync('test', [access, path], NOBODY);
    return true;
  } catch {
    return false;
  }
}

/** Where every account may enter, which TMPDIR may keep from all but root. */
function openParent(): string {
  return [tmpdir(), '/tmp'].find((path) => mayNobody('-x', path)) ?? tmpdir();
}

/** Where the programs were copied to, for the server of this directory. */
function copyInUse(directory: string): Promise<string> {
  return readFile(join(directory, 'postgres.copy'), 'utf8');
}

test.concurrent("the package's links are made when they are missing, by two servers at once", async ({
  expect,
  emptyDirectory,
  spawnServer,
}) => {
  const root = await emptyDirectory(0o755);
  const { embedded, native } = await installCopy(root);
  const directories = [join(root, 'one'), join(root, 'two')];
  const servers = directories.map((directory) => spawnServer({ directory }, { embedded }));
  for (const { result } of servers) expect(await result).toEqual({ url: expect.any(String) });
  for (const { source, target } of await linksOf(native)) {
    expect((await lstat(join(dirname(native), target))).isSymbolicLink()).toBe(true);
    expect(await readlink(join(dirname(native), target))).toBe(basename(source));
  }
});

test
  .runIf(isRoot)
  .concurrent(
    'as root, it runs in a directory that only root may enter, and leaves no copy behind',
    async ({ expect, emptyDirectory, runServer }) => {
      const root = await emptyDirectory(0o700);
      const { embedded } = await installCopy(root);
      const directory = join(root, '.data');
      // A place of its own for the copies, so that those of others are not counted.
      const TMPDIR = await emptyDirectory(0o755, openParent());
      const how = { embedded, env: { ...process.env, TMPDIR } };

      const first = await runServer({ directory }, how);
      await query(first.url, 'create table kept as select 42 as answer');
      expect(await readdir(TMPDIR)).toEqual([basename(await copyInUse(directory))]);

      // The guardian removes the copy after a kill of the server, the next server after a kill of both.
      const { guardian, postmaster } = await processesOf(directory);
      await first.kill();
      await expect.poll(() => alive(guardian, postmaster), PATIENTLY).toEqual([]);
      expect(await readdir(TMPDIR)).toEqual([]);

      const second = await runServer({ directory }, how);
      expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      const secondCopy = await copyInUse(directory);
      process.kill((await processesOf(directory)).guardian, 'SIGKILL');
      await second.kill();
      expect(await readdir(TMPDIR)).toEqual([basename(secondCopy)]);

      const third = await runServer({ directory }, how);
      expect(await query(third.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      expect(await readdir(TMPDIR)).toEqual([basename(await copyInUse(directory))]);
      expect(existsSync(secondCopy)).toBe(false);
      await third.end();
      expect(await readdir(TMPDIR)).toEqual([]);
      expect((await readdir(directory)).sort()).toEqual(['postgres', 'postgres.log']);
    },
  );

test
  .runIf(isRoot)
  .concurrent(
    'as root, it finds a place for the copy although only root may enter TMPDIR',
    async ({ expect, emptyDirectory, spawnServer }) => {
      const root = await emptyDirectory(0o700);
      const { embedded } = await installCopy(root);
      const TMPDIR = await emptyDirectory(0o700);
      const directory = join(root, '.data');
      const server = spawnServer({ directory }, { embedded, env: { ...process.env, TMPDIR } });
      expect(await server.result).toEqual({ url: expect.any(String) });
      const copy = await copyInUse(directory);
      await server.end();
      expect(existsSync(copy)).toBe(false);
      expect(await readdir(TMPDIR)).toEqual([]);
    },
  );

test
  .runIf(isRoot)
  .concurrent(
    'an ordinary user may run it, and root after that, but no other user',
    async ({ expect, skip, emptyDirectory, runServer, spawnServer, start }) => {
      const isOpen = mayNobody('-r', join(COMPILED, 'server.js')) && mayNobody('-x', process.execPath);
      skip(!isOpen, 'an ordinary user may not enter this checkout');
      const parent = await emptyDirectory(0o777, openParent());
      const directory = join(parent, 'data');
      const env = { ...process.env, HOME: parent };
      const first = await runServer({ directory }, { ...NOBODY, env });
      await query(first.url, 'create table kept as select 42 as answer');
      await first.kill();

      const second = await start(directory);
      expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      await second.stop();

      const stranger = spawnServer({ directory }, { ...STRANGER, env });
      expect(await stranger.result).toMatchObject({
        name: 'EmbeddedPostgresError',
        message: expect.stringContaining('user 12345'),
      });
    },
  );
