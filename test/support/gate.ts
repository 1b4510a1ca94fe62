import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { addressOf } from './address.ts';

/** A way to a server that can be shut, as a network can. */
export interface Gate {
  /** The URL that leads through it. */
  readonly url: string;
  /** Breaks the connections, and refuses new ones. */
  shut(): void;
  /** Takes what is sent, and never answers. */
  stall(): void;
  /** Lets all pass but the answers, until what this returns is called: then they arrive at once, as one piece. */
  detain(): () => void;
  /** Lets new connections through. */
  open(): void;
  close(): void;
}

/** Opens a gate before the server of the URL. */
export async function openGate(target: string): Promise<Gate> {
  const { host, port } = addressOf(target);
  const sockets = new Set<Socket>();
  const detained = new Map<Socket, Buffer[]>();
  let state: 'open' | 'shut' | 'stalled' = 'open';
  let detains = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((incoming) => {
    keep(incoming);
    if (state === 'shut') incoming.destroy();
    if (state !== 'open') return;
    const outgoing = keep(connect(port, host));
    incoming.on('close', () => outgoing.destroy());
    outgoing.on('close', () => incoming.destroy());
    outgoing.on('data', (data) => {
      if (detains) detained.set(incoming, [...(detained.get(incoming) ?? []), data]);
      else if (state === 'open') incoming.write(data);
    });
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
    detain() {
      detains = true;
      return () => {
        detains = false;
        for (const [socket, answers] of detained) socket.write(Buffer.concat(answers));
        detained.clear();
      };
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
