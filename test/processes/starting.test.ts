import { once } from 'node:events';
import { cp, symlink } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { childrenOf } from '../support/child-processes.ts';
import { createTestDatabase } from '../support/database.ts';
import { compileServer, startServer, temporaryDirectory } from '../support/server-process.ts';

vi.setConfig(SLOW);

const database = await createTestDatabase();
const settings = { DATABASE_URL: database.url, OPERATOR_TOKEN: operatorToken };

beforeAll(compileServer);

/** The compiled server without the console, in a package of its own. */
async function serverWithoutConsole(): Promise<string> {
  const directory = await temporaryDirectory();
  for (const name of ['src', 'prisma']) {
    await cp(join('dist', name), join(directory, 'dist', name), { recursive: true });
  }
  for (const name of ['package.json', 'node_modules', 'prisma']) await symlink(resolve(name), join(directory, name));
  return join(directory, 'dist/src/main.js');
}

test('a port that is taken is told once, whatever the number of workers', async () => {
  const rival = createServer().listen(0, '127.0.0.1');
  await once(rival, 'listening');
  onTestFinished(() => void rival.close());
  const { port } = rival.address() as AddressInfo;

  const server = startServer({ ...settings, WEB_CONCURRENCY: '3', PORT: String(port) });
  expect(await server.ended).toBe(1);
  expect(server.output()).toMatch(new RegExp(`^Port ${port} of 127.0.0.1 is taken by another program\\..*\n$`));
});

test('a console that is not built is told once, whatever the number of workers', async () => {
  const server = startServer({ ...settings, WEB_CONCURRENCY: '3' }, { program: await serverWithoutConsole() });
  expect(await server.ended).toBe(1);
  expect(server.output()).toMatch(/^The console is not built: .* Run `npm run build`\.\n$/);
});

test('a worker that ends before it serves ends the start', async () => {
  const code = `if (process.argv[1].endsWith('worker.js')) process.exit(7)`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(code)}`;
  const server = startServer({ ...settings, WEB_CONCURRENCY: '2', NODE_OPTIONS });
  expect(await server.ended).toBe(1);
  expect(server.output()).toBe('A worker ended before it could serve: exit code 7.\n');
});

test('one process needs no worker', async () => {
  const server = startServer({ ...settings, WEB_CONCURRENCY: '1' });
  await server.listening;
  expect(childrenOf(server.process.pid)).toEqual([]);
});
