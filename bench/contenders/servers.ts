import { join } from 'node:path';
import { packageRoot } from '../../src/database/migrations/package-root.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { type ServerProcess, startProcess } from './server-process.ts';

/** A server in a process of its own, and the client that asks it. */
export interface Server extends HttpClient {
  readonly process: ServerProcess;
  stop(): Promise<void>;
}

/** Connections that each contender may hold to the database. */
export const poolSize = 16;

const operatorToken = 'the-operator-of-the-bench';

/** Taproot as `npm start` runs it, with the token of the operator. */
export async function startTaproot(databaseUrl: string, clients: number): Promise<Server> {
  const process = await startProcess(
    join(packageRoot(), 'dist/src/main.js'),
    {
      DATABASE_URL: databaseUrl,
      OPERATOR_TOKEN: operatorToken,
      DATABASE_POOL_SIZE: `${poolSize}`,
      PORT: '0',
    },
    (line) => (line.includes('"msg":"Listening"') ? `${JSON.parse(line).url}/graphql` : undefined),
  );
  return serverOf(process, createHttpClient(process.url, clients, { authorization: `Bearer ${operatorToken}` }));
}

export async function startPostGraphile(databaseUrl: string, clients: number): Promise<Server> {
  const process = await startProcess(
    join(packageRoot(), 'bench/postgraphile/server.mjs'),
    { DATABASE_URL: databaseUrl, POOL_SIZE: `${poolSize}`, GRAPHILE_ENV: 'production' },
    (line) => (/^\d+$/.test(line) ? `http://127.0.0.1:${line}/graphql` : undefined),
  );
  return serverOf(process, createHttpClient(process.url, clients));
}

function serverOf(process: ServerProcess, client: HttpClient): Server {
  return {
    process,
    post: client.post,
    close: client.close,
    async stop() {
      await client.close();
      await process.stop();
    },
  };
}
