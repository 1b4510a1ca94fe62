import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { operatorToken } from '../support/api.ts';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { waitUntil } from '../support/barriers.ts';
import type { ServerProcess } from '../support/server-process.ts';

/** A client on one connection, behind which there is one worker for as long as it lasts. Closed after the test. */
export interface WorkerClient extends ApiClient {
  /** The process that answers. */
  readonly pid: number;
}

/** Milliseconds that a worker may take to start, on a machine that runs other tests too. */
export const PATIENTLY_MS = 30_000;

/** Connects to whichever worker takes the connection. The server has to log debug entries, which tell the process. */
export async function connect(server: ServerProcess): Promise<WorkerClient> {
  const url = await server.listening;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  let connection: Socket | undefined;

  async function fetchThere(path: string, { method, headers, body }: RequestInit = {}): Promise<Response> {
    const sent = request(`${url}${path}`, { agent, method, headers: headers as Record<string, string> });
    sent.end(body);
    const [incoming] = (await once(sent, 'response')) as [IncomingMessage];
    connection ??= incoming.socket;
    if (incoming.socket !== connection) throw new Error('This is another connection, perhaps to another worker');
    return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, { status: incoming.statusCode ?? 0 });
  }

  const requestId = randomUUID();
  await (await fetchThere('/health', { headers: { 'x-request-id': requestId } })).text();
  let pid = Number.NaN;
  await waitUntil('the log tells which worker answered', async () => {
    pid = Number(server.logged().find((entry) => entry['requestId'] === requestId)?.['pid']);
    return !Number.isNaN(pid);
  });

  return { pid, ...createApiClient(fetchThere, operatorToken) };
}

/** Connects to so many different workers. */
export async function connectToEach(server: ServerProcess, count: number): Promise<WorkerClient[]> {
  const clients = new Map<number, WorkerClient>();
  await waitUntil(
    `${count} workers have answered`,
    async () => {
      const client = await connect(server);
      clients.set(client.pid, client);
      return clients.size === count;
    },
    PATIENTLY_MS,
  );
  return [...clients.values()];
}

/** The processes of the workers that have listened so far, in their order. */
export function listeningPids(server: ServerProcess): number[] {
  return server.logged().flatMap(({ msg, pid }) => (msg === 'A worker listens' ? [Number(pid)] : []));
}
