import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  /** The status line and the headers. */
  readonly head: string;
  readonly body: string;
  /** All that was received: several answers, where several requests were sent. */
  readonly text: string;
}

/**
 * Sends these bytes, as they stand and one after the other, and returns what comes back until the server closes the
 * connection: a request asks for that by "connection: close".
 *
 * @param goesAway whether the client closes its half when it has sent all, as one does that breaks off
 */
export function sendRaw(
  port: number,
  parts: readonly (string | Buffer)[],
  { goesAway = false }: { readonly goesAway?: boolean } = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (data) => received.push(data));
    // A server that has read enough resets the connection, while the rest is still being sent.
    socket.on('error', () => {});
    socket.on('close', () => resolve(parse(Buffer.concat(received).toString())));
    for (const part of parts) socket.write(part);
    if (goesAway) socket.end();
  });
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    body: end < 0 ? '' : text.slice(end + 4),
    text,
  };
}
