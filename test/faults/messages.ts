// As much of PostgreSQL's protocol (its documentation, "Message Formats") as it takes to tell one statement from the next.

/** One message, as it is sent. Its type is its first byte; that of a connection's first message, which has none, is `startup`. */
export interface Message {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Takes what arrives in whatever pieces, and tells of each message once it is complete. */
export function createFramer(
  { startsUp }: { readonly startsUp: boolean },
  tell: (message: Message) => void,
): (data: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isFirst = startsUp;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const header = isFirst ? 0 : 1;
      if (rest.length < header + 4) return;
      const length = header + rest.readUInt32BE(header);
      if (rest.length < length) return;
      const bytes = rest.subarray(0, length);
      rest = rest.subarray(length);
      const type = isFirst ? 'startup' : String.fromCharCode(bytes[0] ?? 0);
      isFirst = false;
      tell({ type, bytes });
    }
  };
}

/** Whether the client has said all of a statement: a query, or the Sync behind the parts of one. */
export const isStatementEnd = ({ type }: Message): boolean => type === 'Q' || type === 'S';

/** The process of the session, where the message tells it (BackendKeyData). */
export const processIdOf = ({ type, bytes }: Message): number | undefined =>
  type === 'K' ? bytes.readInt32BE(5) : undefined;

/** The text of the statement that the message has run. `prepared` keeps those that were sent before, by name. */
export function statementText({ type, bytes }: Message, prepared: Map<string, string>): string | undefined {
  if (type === 'Q') return textAt(bytes, 5);
  if (type === 'P') {
    const name = textAt(bytes, 5);
    prepared.set(name, textAt(bytes, 5 + Buffer.byteLength(name) + 1));
  }
  if (type !== 'B') return undefined;
  const portal = textAt(bytes, 5);
  return prepared.get(textAt(bytes, 5 + Buffer.byteLength(portal) + 1));
}

const textAt = (bytes: Buffer, from: number): string => bytes.toString('utf8', from, bytes.indexOf(0, from));
