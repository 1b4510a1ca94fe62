import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { inTime } from './in-time.ts';
import { type Logger, requestContext } from './logger.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { endUnread } from './unread-answers.ts';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** What to name when the port is taken. Default: PORT. */
  readonly setting?: PortSetting;
  /** Milliseconds that a request may take to arrive. */
  readonly requestTimeoutMs: number;
  /** Milliseconds for which a client may read nothing of an answer that waits for it. Default: 30 s. */
  readonly unreadMs?: number;
  readonly log: Logger;
}

export interface HttpServer {
  /** Where it answers, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Accepts nothing new, and resolves when the running requests are answered, or are cut off after the grace. */
  close(graceMs: number): Promise<void>;
}

/** The setting that a port comes from. */
export type PortSetting = 'PORT' | 'METRICS_PORT';

/** The address cannot be listened on. The message says why, and what to do about it. */
export class ListenError extends Error {
  override name = 'ListenError';
}

/** Longer than the idle time-outs usual for load balancers, so that none sends into a connection that is being closed. */
const keepAliveMs = 75_000;

/** How long a caller may still read the answer to a request that it has not sent to its end. */
const farewellMs = 1_000;

/** An id of a caller's own making is kept where it can do no harm in a log line or a header. */
const saneRequestId = /^[\w.:-]{1,128}$/;

/**
 * Serves requests, each under an id of its own: the one of its `x-request-id` header, or a new one. The response bears
 * it, and so does everything logged meanwhile.
 *
 * @throws {ListenError} when the address is taken or is none of this machine's
 */
export async function listen(
  handler: RequestHandler,
  { host, port, setting = 'PORT', requestTimeoutMs, unreadMs = 30_000, log }: ListenOptions,
): Promise<HttpServer> {
  const running = new Set<ServerResponse>();
  let closing: Promise<void> | undefined;

  const options = {
    keepAliveTimeout: keepAliveMs,
    headersTimeout: requestTimeoutMs,
    // Whoever answers the request does better, and says why it is too slow.
    requestTimeout: requestTimeoutMs + farewellMs,
    connectionsCheckingInterval: farewellMs,
    // Node.js would take the first of two authorization headers, where a proxy before it may have looked at the second.
    joinDuplicateHeaders: true,
  };
  const server = createServer(options, (request, response) => {
    running.add(response);
    response.on('close', () => {
      running.delete(response);
      // One that had begun before the stop, such as a stream of events, was promised that its connection stays open.
      if (closing) server.closeIdleConnections();
    });
    const { socket } = request;
    response.on('finish', () => {
      if (request.readableDidRead && !request.complete) closeUnread(socket);
    });
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && saneRequestId.test(given) ? given : randomUUID();
    response.setHeader('x-request-id', requestId);
    setSecurityHeaders(response);
    if (closing) response.setHeader('connection', 'close');
    void requestContext.run({ requestId, notes: {} }, () => serve(handler, request, response, log));
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new ListenError(explain(error, host, port, setting), { cause: error });
  });

  const stopLooking = endUnread(running, unreadMs);
  const close = async (graceMs: number) => {
    const closed = once(server, 'close');
    server.close();
    for (const response of running) if (!response.headersSent) response.setHeader('connection', 'close');
    const cutOff = setTimeout(() => {
      log.warn({ requests: running.size }, 'Requests were still running when the time to finish them was over');
      server.closeAllConnections();
    }, graceMs);
    await closed;
    clearTimeout(cutOff);
    // A response may be closed a moment after its connection, and whoever watches it is to hear of that.
    await inTime(Promise.all([...running].map((response) => once(response, 'close'))), farewellMs, undefined);
    stopLooking();
  };
  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    close: (graceMs) => (closing ??= close(graceMs)),
  };
}

/**
 * Closes the connection of a request that was given up halfway, because it is too large say. The rest of it would block
 * the connection: for the next request on it, which would never be answered, and for a server that is to stop. What
 * nobody began to read, Node.js skips by itself.
 */
function closeUnread(socket: Socket): void {
  socket.end();
  const cutOff = setTimeout(() => socket.destroy(), farewellMs);
  socket.once('close', () => clearTimeout(cutOff));
}

async function serve(handler: RequestHandler, request: IncomingMessage, response: ServerResponse, log: Logger) {
  try {
    if (hasAddress(request)) await handler(request, response);
    else response.writeHead(400, { connection: 'close' }).end();
  } catch (error) {
    log.error({ err: error }, 'A request failed outside of GraphQL');
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}

/**
 * Whether a URL can be made of what was asked for, and of which host, and has the path that was sent. The parser of HTTP
 * takes others too: whoever makes a URL of them would fail, or serve another path than is logged, such as that of `/./graphql`.
 */
function hasAddress({ headers: { host }, url = '' }: IncomingMessage): boolean {
  try {
    return new URL(`http://${host || 'localhost'}${url}`).pathname === url.split('?')[0];
  } catch {
    return false;
  }
}

/** A URL that can be opened: an address that means "all interfaces" is no place to go to. */
function urlOf(host: string, port: number): string {
  const name = { '0.0.0.0': 'localhost', '::': 'localhost' }[host] ?? (host.includes(':') ? `[${host}]` : host);
  return `http://${name}:${port}`;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, setting: PortSetting): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken by another program. Stop that, or choose another port: ${setting}=${port + 1}.`;
    case 'EACCES':
      return `Port ${port} is not for this user to listen on. Choose one from 1024 on, such as ${setting}=${setting === 'PORT' ? 4000 : 9464}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine. Let HOST be one, or 0.0.0.0 for all of them.`;
    default:
      return `${host}:${port} cannot be listened on: ${error.message}.`;
  }
}
