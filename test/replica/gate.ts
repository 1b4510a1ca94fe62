import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be shut, as a network can. */
export interface Gate {
  /** The URL that leads through it. */
  readonly url: string;
  /** Breaks the connections, and refuses new ones. */
  shut(): void;
  /** Takes what is sent, and never answers. */
  stall(): void;
  /** Lets new connections through. */
  open(): void;
  close(): void;
}

/** Opens a gate before the server of the URL. */
export async function openGate(target: string): Promise<Gate> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let state: 'open' | 'shut' | 'stalled' = 'open';
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((incoming) => {
    keep(incoming);
    if (state === 'shut') incoming.destroy();
    if (state !== 'open') return;
    const outgoing = keep(connect(Number(port), hostname));
    incoming.on('close', () => outgoing.destroy());
    outgoing.on('close', () => incoming.destroy());
    outgoing.on('data', (data) => state === 'open' && incoming.write(data));
    incoming.on('data', (data) => outgoing.write(data));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    shut() {
      state = 'shut';
      breakAll();
    },
    stall() {
      state = 'stalled';
    },
    open() {
      state = 'open';
      breakAll();
    },
    close() {
      server.close();
      breakAll();
    },
  };
}
