import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { addressOf } from '../support/address.ts';
import { createFramer, isStatementEnd, type Message, processIdOf, statementText } from './messages.ts';

/** How a connection fails: its session is ended by PostgreSQL, the network breaks it, or the network swallows all. */
export const faults = ['terminated', 'cut', 'silent'] as const;
export type Fault = (typeof faults)[number];

/**
 * When: before the statement reaches PostgreSQL, when its answer is on its way to the client and goes missing, or when the
 * client has the answer.
 */
export const moments = ['before', 'unanswered', 'after'] as const;
export type Moment = (typeof moments)[number];

/** Where a connection fails: at a statement, counted from 0 since this was asked for. */
export interface FaultPoint {
  readonly statement: number;
  readonly moment: Moment;
  readonly fault: Fault;
}

/** A way to PostgreSQL that can fail at any point of what is said. */
export interface Wire {
  /** The URL that leads through it. */
  readonly url: string;
  /** Fails once, at that point. What is returned tells the session that was concerned, once it has failed. */
  failAt(point: FaultPoint): () => number | undefined;
  /** The statements that were sent from now on, in their order, when `stop` is called. */
  record(): { stop(): string[] };
  /** Breaks what was swallowed, as a network does in the end. */
  settle(): void;
  close(): void;
}

/** Opens a way to the server of the URL. `terminate` ends a session. */
export async function openWire(target: string, terminate: (pid: number) => void): Promise<Wire> {
  const { host, port } = addressOf(target);
  const sockets = new Set<Socket>();
  const swallowed = new Set<Socket>();
  let counted = 0;
  let recorded: string[] | undefined;
  let awaited: FaultPoint | undefined;
  let failedSession: number | undefined;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };

  function serve(client: Socket): void {
    const server = keep(connect(port, host));
    const prepared = new Map<string, string>();
    let pid = Number.NaN;
    /** The statements that were sent on this connection and are not answered: their numbers. */
    const sent: number[] = [];
    let isSwallowing = false;
    /** What the client says while the answer at which the connection is to fail is awaited. */
    let isHeld = false;
    const breakBoth = () => {
      client.destroy();
      server.destroy();
    };
    client.on('close', () => {
      if (!isSwallowing) server.destroy();
    });
    server.on('close', () => {
      if (!isSwallowing) client.end();
    });

    function fail(): void {
      const fault = awaited?.fault;
      awaited = undefined;
      failedSession = pid;
      isHeld = true;
      if (fault === 'cut') breakBoth();
      if (fault === 'terminated') terminate(pid);
      if (fault !== 'silent') return;
      isSwallowing = true;
      swallowed.add(client).add(server);
    }

    const isDue = (moment: Moment, statement: number | undefined) =>
      awaited?.moment === moment && awaited.statement === statement;

    let statement: Message[] = [];
    const fromClient = createFramer({ startsUp: true }, (message) => {
      if (isHeld || isSwallowing) return;
      statement.push(message);
      const text = statementText(message, prepared);
      if (text !== undefined) recorded?.push(text);
      if (!isStatementEnd(message)) {
        if (message.type === 'startup' || message.type === 'p' || message.type === 'X') flush();
        return;
      }
      const number = counted++;
      if (isDue('before', number)) return fail();
      sent.push(number);
      flush();
      // Nothing may be run behind the statement at whose answer the connection fails.
      if (awaited?.statement === number) isHeld = true;
    });
    const flush = () => {
      for (const { bytes } of statement) server.write(bytes);
      statement = [];
    };
    client.on('data', (data) => fromClient(data));

    const fromServer = createFramer({ startsUp: false }, (message) => {
      if (isSwallowing) return;
      pid = processIdOf(message) ?? pid;
      const [number] = sent;
      const isAnswered = message.type === 'Z';
      if (isAnswered) sent.shift();
      if (!isDue('unanswered', number)) client.write(message.bytes);
      else if (isAnswered) fail();
      if (isAnswered && isDue('after', number)) fail();
    });
    server.on('data', (data) => fromServer(data));
  }

  const listener = createServer((client) => serve(keep(client))).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    failAt(point) {
      counted = 0;
      awaited = point;
      failedSession = undefined;
      return () => failedSession;
    },
    record() {
      const statements: string[] = [];
      recorded = statements;
      return {
        stop() {
          recorded = undefined;
          return statements;
        },
      };
    },
    settle() {
      for (const socket of swallowed) socket.destroy();
      swallowed.clear();
    },
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
