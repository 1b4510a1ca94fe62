import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { keptOperatorToken, OperatorTokenError } from '../../src/operator-token.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, databaseUrl } from '../support/database.ts';
import { compileServer, type StartOptions, startServer, temporaryDirectory } from '../support/server-process.ts';

const database = await createTestDatabase();
const fragileDatabase = await createTestDatabase();
const operatorToken = 'a-token-for-the-processes';
const settings = { DATABASE_URL: database.url, OPERATOR_TOKEN: operatorToken };

// Each test starts processes, on a machine that runs other tests too.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(compileServer);

async function execute(url: string, query: string, token = operatorToken) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  return { response, body: await response.json() };
}

function createOrganization(id: string): string {
  return `mutation { createOrganization(id: "${id}", name: "Acme ${id}") { id } }`;
}

/** Takes a port until the end of the test. */
async function takenPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

/** A server with a mutation under way, which waits for the lock that `release` lets go. */
async function serverWithRunningRequest(orgId: string, more: Record<string, string> = {}) {
  const server = startServer({ ...settings, ...more });
  const url = await server.listening;
  await execute(url, createOrganization(orgId));

  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  const answer = execute(url, `mutation { createWorkspace(orgId: "${orgId}", name: "late") { name } }`);
  answer.catch(() => {});
  await waitUntilBlockedBy(holder);
  return { server, url, answer, release: () => holder.query('rollback') };
}

describe('a server that cannot start says why and exits with 1', () => {
  async function failure(given: Record<string, string>, options: StartOptions = {}): Promise<string> {
    const server = startServer(given, options);
    expect(await server.ended).toBe(1);
    expect(server.output()).not.toContain('    at ');
    return server.output();
  }

  test('every problem of its configuration at once', async () => {
    const output = await failure({ DATABASE_URL: 'nowhere', PORT: 'http', LOG_LEVEL: 'loud' });
    expect(output).toMatch(
      /DATABASE_URL must be .*\n.*PORT must be .*\n.*LOG_LEVEL must be .*\n.*OPERATOR_TOKEN is missing/,
    );
  });

  test('a directory in the place of its .env', async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, '.env'));
    expect(await failure(settings, { directory })).toContain('.env is a directory. Settings are read from a file');
  });

  // Root may read everything.
  test.skipIf(process.getuid?.() === 0)('a .env that it may not read', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, '.env'), 'PORT=0', { mode: 0o000 });
    expect(await failure(settings, { directory })).toContain('.env cannot be read. Let the user that runs the server');
  });

  test('a port that is taken', async () => {
    const port = await takenPort();
    expect(await failure({ ...settings, PORT: port })).toContain(`Port ${port} of 127.0.0.1 is taken`);
  });

  test('a port that is taken, after it has stopped its embedded database', async () => {
    const directory = await temporaryDirectory();
    const port = await takenPort();
    expect(await failure({ DATA_DIR: directory, PORT: port })).toContain(`Port ${port} of 127.0.0.1 is taken`);
    expect(existsSync(join(directory, 'postgres', 'PG_VERSION'))).toBe(true);
    expect(existsSync(join(directory, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  test('an address of another machine', async () => {
    expect(await failure({ ...settings, HOST: '192.0.2.1' })).toContain('192.0.2.1 is no address of this machine');
  });

  test('a database that nothing answers for', async () => {
    const url = new URL(database.url);
    url.port = '1';
    expect(await failure({ ...settings, DATABASE_URL: url.href })).toContain(`Nothing answers at ${url.hostname}:1`);
  });

  test('a database that does not exist', async () => {
    const url = databaseUrl(database.url, 'nothing_here');
    expect(await failure({ ...settings, DATABASE_URL: url })).toContain('There is no database "nothing_here"');
  });

  test('a password that is refused, without repeating it', async () => {
    const url = new URL(database.url);
    url.password = 'hunter2';
    const output = await failure({ ...settings, DATABASE_URL: url.href });
    expect(output).toContain(`refuses the password of user "${url.username}"`);
    expect(output).not.toContain('hunter2');
  });
});

describe('a server that cannot keep its operator token says why', () => {
  async function refusal(prepare: (file: string) => Promise<unknown>) {
    const directory = await temporaryDirectory();
    const file = join(directory, 'operator-token');
    await prepare(file);
    const error = await keptOperatorToken(directory).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperatorTokenError);
    const { message } = error as OperatorTokenError;
    expect(message).toContain(file);
    expect(message).toMatch(/Or set OPERATOR_TOKEN\.$/);
    return message;
  }

  test('and exits with 1, after it has stopped its embedded database', async () => {
    const DATA_DIR = await temporaryDirectory();
    await mkdir(join(DATA_DIR, 'operator-token'));
    const server = startServer({ DATA_DIR });
    expect(await server.ended).toBe(1);
    expect(server.output()).toMatch(/The operator token in .* cannot be read: it is a directory\. Move that away\./);
    expect(server.output()).not.toContain('    at ');
    expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  test('when it can be neither read nor written for another reason', async () => {
    expect(await refusal((file) => symlink(file, file))).toMatch(/cannot be read: ELOOP.*DATA_DIR/);
    expect(await refusal((file) => symlink(join(file, '..', 'none', 'none'), file))).toMatch(
      /cannot be written: ENOENT.*DATA_DIR/,
    );
  });

  // Root may read everything.
  test.skipIf(process.getuid?.() === 0)('when it may not read or write it', async () => {
    expect(await refusal((file) => writeFile(file, 'token', { mode: 0o000 }))).toContain('cannot be read: the user');
    expect(await refusal((file) => chmod(join(file, '..'), 0o500))).toContain('cannot be written: the user');
  });
});

describe('an embedded database', () => {
  test('keeps its data and its token from start to start, and stops with the server', async () => {
    const DATA_DIR = await temporaryDirectory();
    const tokenFile = join(DATA_DIR, 'operator-token');
    const orgId = '5d5c3a52-4ac6-4a0d-9c43-0d5c6a0f7d01';

    const first = startServer({ DATA_DIR });
    const firstUrl = await first.listening;
    const token = (await readFile(tokenFile, 'utf8')).trim();
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
    expect((await execute(firstUrl, createOrganization(orgId), token)).body).toEqual({
      data: { createOrganization: { id: orgId } },
    });
    expect(first.output()).toContain(token);
    expect(first.output()).toContain(` ${firstUrl}/graphql\n`);
    const key = /GraphiQL +http\S+\/graphql\?key=(\w+)\n/.exec(first.output())?.[1];
    const page = await fetch(`${firstUrl}/graphql?key=${key}`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain(token);

    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);

    const second = startServer({ DATA_DIR });
    const { body } = await execute(await second.listening, `{ organization(id: "${orgId}") { id } }`, token);
    expect(body).toEqual({ data: { organization: { id: orgId } } });
    expect(second.output()).toContain(`/graphql?key=${key}\n`);
  });

  test('is refused to a second server, and the first goes on', async () => {
    const DATA_DIR = await temporaryDirectory();
    const first = startServer({ DATA_DIR });
    const url = await first.listening;

    const second = startServer({ DATA_DIR });
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain('in use by another running server');
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  test('that ends by itself ends the server', async () => {
    const DATA_DIR = await temporaryDirectory();
    const server = startServer({ DATA_DIR });
    await server.listening;
    const pid = await readFile(join(DATA_DIR, 'postgres', 'postmaster.pid'), 'utf8');
    process.kill(Number.parseInt(pid, 10), 'SIGINT');
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain('The server cannot go on');
  });
});

test('an error that nobody caught is logged and ends the server, and its database with it', async () => {
  const DATA_DIR = await temporaryDirectory();
  const code = `process.on('SIGUSR2', () => Promise.reject(new Error('nobody caught this')))`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(code)}`;
  const server = startServer({ DATA_DIR, NODE_OPTIONS });
  await server.listening;
  server.process.kill('SIGUSR2');
  expect(await server.ended).toBe(1);
  expect(server.output()).toContain('nobody caught this');
  expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(false);
});

describe('health', () => {
  test('/health and /ready answer, /ready only while the database does', async () => {
    const server = startServer({ ...settings, DATABASE_URL: fragileDatabase.url });
    const url = await server.listening;
    const status = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect([await status('/health'), await status('/ready')]).toEqual([200, 200]);

    const name = new URL(fragileDatabase.url).pathname.slice(1);
    await database.query(`alter database ${name} with allow_connections false`);
    await database.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    expect([await status('/health'), await status('/ready')]).toEqual([200, 503]);

    await database.query(`alter database ${name} with allow_connections true`);
    await waitUntil('the server is ready again', async () => (await status('/ready')) === 200);
  });

  test('every response bears a request id, the given one where there is a sane one', async () => {
    const url = await startServer(settings).listening;
    const idFor = async (given?: string) =>
      (await fetch(`${url}/health`, given ? { headers: { 'x-request-id': given } } : {})).headers.get('x-request-id');
    expect(await idFor('trace-1:a.b')).toBe('trace-1:a.b');
    expect(await idFor('"; drop')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor()).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('shutdown', () => {
  test('finishes a running request, accepts no new one, and closes the connections', async () => {
    const { server, url, answer, release } = await serverWithRunningRequest('5d5c3a52-4ac6-4a0d-9c43-0d5c6a0f7d02');
    server.process.kill('SIGTERM');
    await waitUntil('the server refuses connections', () =>
      fetch(`${url}/health`).then(
        () => false,
        () => true,
      ),
    );
    await release();
    const { response, body } = await answer;
    expect(body).toEqual({ data: { createWorkspace: { name: 'late' } } });
    expect(response.headers.get('connection')).toBe('close');
    expect(await server.ended).toBe(0);
    const open = `select from pg_stat_activity where datname = current_database() and application_name = 'taproot'`;
    await waitUntil('no connection is left', async () => (await database.query(open)).length === 0);
  });

  test('cuts off a request that takes longer than the grace', async () => {
    const orgId = '5d5c3a52-4ac6-4a0d-9c43-0d5c6a0f7d03';
    const { server, answer, release } = await serverWithRunningRequest(orgId, {
      LOCK_TIMEOUT_MS: '20000',
      STATEMENT_TIMEOUT_MS: '21000',
      TRANSACTION_TIMEOUT_MS: '22000',
      SHUTDOWN_GRACE_SECONDS: '0',
    });
    server.process.kill('SIGTERM');
    await expect(answer).rejects.toThrow();
    await release();
    expect(await server.ended).toBe(0);
    expect(server.output()).toContain('Requests were still running');
  });

  test('completes subscriptions at once, and is not held up by them or by their connections', async () => {
    const orgId = '5d5c3a52-4ac6-4a0d-9c43-0d5c6a0f7d05';
    const server = startServer({ ...settings, SHUTDOWN_GRACE_SECONDS: '3600' });
    const url = await server.listening;
    await execute(url, createOrganization(orgId));
    // As a proxy does, it keeps a connection whose request is answered.
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const open = async () => {
      const sent = request(`${url}/graphql`, {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${operatorToken}` },
      });
      sent.end(JSON.stringify({ query: `subscription { organizationEvents(orgId: "${orgId}") { id } }` }));
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      let told = '';
      response.setEncoding('utf8').on('data', (text) => (told += text));
      return { told: () => told, ended: once(response, 'end') };
    };
    const subscriptions = [await open(), await open(), await open()];
    await waitUntil('all are told the first update', async () =>
      subscriptions.every(({ told }) => told().includes('event: next\ndata: {"data":{"organizationEvents":{"id":"')),
    );
    server.process.kill('SIGTERM');
    for (const { told, ended } of subscriptions) {
      await ended;
      expect(told()).toMatch(/event: complete\ndata:\n\n$/);
    }
    expect(await server.ended).toBe(0);
    expect(server.output()).not.toMatch(/"level":"(warn|error)"/);
  });

  test('is forced by a second signal', async () => {
    const { server, answer, release } = await serverWithRunningRequest('5d5c3a52-4ac6-4a0d-9c43-0d5c6a0f7d04');
    server.process.kill('SIGTERM');
    await waitUntil('the server has noticed', async () => server.output().includes('Stopping'));
    server.process.kill('SIGINT');
    expect(await server.ended).toBe(1);
    await expect(answer).rejects.toThrow();
    await release();
  });
});
