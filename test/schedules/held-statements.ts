import pg from 'pg';

/** A statement that a server wants to send, and does not until it is released. */
export interface HeldStatement {
  /** The server, by the name in its URL (`sessionUrl`). */
  readonly session: string;
  /** The process on the database server that is going to run it. */
  readonly pid: number;
  readonly text: string;
  /** Sends it, and tells when it has been answered. Those of one connection are to be released in their order. */
  release(answered: () => void): void;
}

/** The URL of a database for a server whose statements can be told from those of others. */
export function sessionUrl(url: string, session: string): string {
  const named = new URL(url);
  named.searchParams.set('fallback_application_name', session);
  return named.href;
}

/** Bounds that no step comes near, however long it is held: a time-out would be an answer of neither order. */
export const bounds = { poolSize: 3, lockTimeoutMs: 30_000, statementTimeoutMs: 40_000, transactionTimeoutMs: 50_000 };

/** What opens a transaction takes neither a lock nor a snapshot, and travels with the first statement: it is let through. */
const opening = /^(?:BEGIN|SET TRANSACTION ISOLATION LEVEL [A-Z ]+)$/;

/**
 * Holds every statement of servers with a `sessionUrl` from now on, and returns what ends that. It does so where a
 * connection sends them, behind the pipelining, so that a server may have further ones held while it waits for the first.
 */
export function holdStatements(hold: (statement: HeldStatement) => void): () => void {
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    const { connectionParameters, processID } = this as unknown as Connection;
    const session = connectionParameters.fallback_application_name;
    const [statement] = args as [string | { readonly text: string }];
    const text = typeof statement === 'string' ? statement : statement.text;
    const send = (...given: unknown[]) => Reflect.apply(original, this, given);
    if (!session || opening.test(text)) return send(...args);

    // The pool passes a callback, and a transaction wants a promise.
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const release = (answered: () => void) => {
        send(...args.slice(0, -1), (...answer: unknown[]) => {
          answered();
          callback(...answer);
        });
      };
      return hold({ session, pid: processID, text, release });
    }
    return new Promise((resolve, reject) => {
      const release = (answered: () => void) => {
        send(...args)
          .finally(answered)
          .then(resolve, reject);
      };
      hold({ session, pid: processID, text, release });
    });
  } as typeof original;
  return () => {
    pg.Client.prototype.query = original;
  };
}

/** What the driver knows of a connection, which its types leave out. */
interface Connection {
  readonly connectionParameters: { readonly fallback_application_name?: string | false };
  readonly processID: number;
}
