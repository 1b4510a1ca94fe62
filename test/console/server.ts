import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A real server in a process of its own, as `npm start` runs it. */
export interface ConsoleServer {
  readonly url: string;
  readonly operatorToken: string;
  /** Sends an operation, as the operator unless a token is given, and returns its data. Throws when there are errors. */
  // biome-ignore lint/suspicious/noExplicitAny: what a document written as text answers is known to its test alone
  api(document: string, variables?: Record<string, unknown>, token?: string): Promise<any>;
  /** Ends the process. `start` brings it back, at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

type Settings = Record<string, string>;

/** Starts the compiled server with these settings, on a free port. */
export async function startServer(settings: Settings, operatorToken: () => Promise<string>): Promise<ConsoleServer> {
  let port = '0';
  let child: ChildProcess;
  let url = '';
  const start = async () => {
    const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: port, ...settings };
    child = spawn(process.execPath, [join(root, 'dist/src/main.js')], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    url = await listeningUrl(child);
    port = new URL(url).port;
  };
  await start();
  const token = await operatorToken();
  return {
    url,
    operatorToken: token,
    start,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
    async api(document, variables = {}, bearer = token) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
        body: JSON.stringify({ query: document, variables }),
      });
      const { data, errors } = await response.json();
      if (errors) throw new Error(`The request failed: ${JSON.stringify(errors)}`);
      return data;
    },
  };
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The output of the server cannot be read');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    const found = /"url":"([^"]*)","msg":"Listening"/.exec(line)?.[1];
    if (found === undefined) continue;
    child.stdout.resume();
    return found;
  }
  throw new Error(`The server ended before it listened:\n${lines.join('\n')}`);
}

export interface TestPostgres {
  readonly url: string;
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own, from the compiled server's own code. */
export async function startPostgres(): Promise<TestPostgres> {
  const compiled = new URL('../../dist/src/database/embedded/server.js', import.meta.url).href;
  const { startEmbeddedPostgres }: typeof import('../../src/database/embedded/server.ts') = await import(compiled);
  const directory = await mkdtemp(join(tmpdir(), 'taproot-console-'));
  const postgres = await startEmbeddedPostgres({ directory, durable: false, temporary: true });
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  pool.on('error', () => {});
  return {
    url: postgres.url,
    async query(sql, values = []) {
      return (await pool.query(sql, values)).rows;
    },
    async stop() {
      await pool.end();
      await postgres.stop();
    },
  };
}

/** The server as a person first meets it: with its own database and the demo data, in a directory of its own. */
export async function startDemoServer(): Promise<ConsoleServer & { remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'taproot-console-'));
  const server = await startServer({ DATA_DIR: directory }, async () =>
    (await readFile(join(directory, 'operator-token'), 'utf8')).trim(),
  );
  return {
    ...server,
    async remove() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
