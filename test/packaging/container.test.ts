import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { accountForNewCluster } from '../../src/database/embedded/account.ts';
import { freePort } from '../../src/database/embedded/free-port.ts';
import { operatorToken } from '../support/api.ts';
import { createApiClient } from '../support/api-client.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { buildContainer, pathIn, type Stage } from './container-build.ts';
import { packagesAtRunTime } from './packages.ts';

const buildBoundMs = 300_000;
const most = { megabytes: 120 };

const database = await createTestDatabase();
let scratch: string;
let image: Stage;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'taproot-container-'));
  await chmod(scratch, 0o755);
  image = await buildContainer(resolve('.'), scratch);
}, buildBoundMs);
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** The first program of a container, under an account that is not root, with what the image and `docker run -e` set. */
async function start(settings: Record<string, string>) {
  const [program = '', ...args] = image.command;
  const account = process.getuid?.() === 0 ? await accountForNewCluster() : {};
  const env = { PATH: process.env['PATH'], ...image.environment, ...settings };
  const child = spawn(program, args, { cwd: pathIn(image, '.'), env, stdio: ['ignore', 'pipe', 'pipe'], ...account });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return { child, env, ended, output: () => output };
}

/** Starts it on a port that is free, and resolves when it is well. Another program may take the port first: it starts anew then. */
async function serve(settings: Record<string, string>) {
  for (;;) {
    const port = await freePort();
    const container = await start({ ...settings, PORT: String(port) });
    const { child, env, output } = container;
    await waitUntil(
      'the container is healthy, or has ended',
      async () => child.exitCode !== null || isHealthy(env),
      buildBoundMs,
    );
    if (child.exitCode === null) return { ...container, port };
    if (!output().includes('is taken by another program')) throw new Error(output());
  }
}

/** Whether the health check says that the container is well. */
async function isHealthy(env: NodeJS.ProcessEnv): Promise<boolean> {
  const [program = '', ...args] = image.healthCheck;
  return promisify(execFile)(program, args, { env }).then(
    () => true,
    () => false,
  );
}

test(
  'the image serves the API and the console to who sets DATABASE_URL and OPERATOR_TOKEN, and stops in order',
  async () => {
    const settings = { DATABASE_URL: database.url, OPERATOR_TOKEN: operatorToken, HOST: '127.0.0.1' };
    const { child, env, ended, port } = await serve(settings);
    const url = `http://127.0.0.1:${port}`;
    const api = createApiClient((path, init) => fetch(new URL(path, url), init), operatorToken);
    const created = await api.execute<{ createOrganization: { id: string } }>(
      'mutation { createOrganization(name: "Acme") { id } }',
    );
    const orgId = created.data?.createOrganization.id;
    expect(await database.query('select id from organizations')).toEqual([{ id: orgId }]);
    const installed = await api.execute('mutation ($orgId: ID!) { installPlatformAgent(orgId: $orgId) { status } }', {
      orgId,
    });
    expect(installed).toMatchObject({ data: { installPlatformAgent: { status: 'OFFLINE' } } });
    expect(await (await fetch(url)).text()).toContain('<title>Taproot</title>');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(await isHealthy(env)).toBe(false);
  },
  buildBoundMs,
);

test('without a database the image says how to name one, and ends', async () => {
  const { ended, output } = await start({});
  expect(await ended).toBe(1);
  expect(output()).toContain('set DATABASE_URL');
});

test('the image runs as an ordinary user, who can change nothing of it', async () => {
  expect(image.user).toBe('node');
  // What is copied into an image belongs to root and its group, whoever has built it.
  const top = pathIn(image, '.');
  const paths = (await readdir(top, { recursive: true })).map((path) => join(top, path));
  const modes = await Promise.all([top, ...paths].map(async (path) => ({ path, status: await lstat(path) })));
  const writable = modes.filter(({ status }) => !status.isSymbolicLink() && (status.mode & 0o002) !== 0);
  expect(writable.map(({ path }) => path)).toEqual([]);
});

test('the image holds what is listed with its licence, and no development tool, source or test', async () => {
  const { packages } = JSON.parse(await readFile(pathIn(image, 'node_modules/.package-lock.json'), 'utf8'));
  expect(Object.keys(packages).toSorted()).toEqual(
    packagesAtRunTime()
      .map(({ path }) => path)
      .toSorted(),
  );
  expect((await readdir(pathIn(image, '.'))).toSorted()).toEqual([
    'LICENSE',
    'dist',
    'node_modules',
    'package.json',
    'prisma',
  ]);
});

test(`the image adds at most ${most.megabytes} MB to its base`, async () => {
  const { stdout } = await promisify(execFile)('du', ['-sm', image.root]);
  expect(Number.parseInt(stdout, 10)).toBeLessThanOrEqual(most.megabytes);
});
