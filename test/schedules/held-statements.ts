import { interceptStatements } from '../support/statements.ts';

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

/** What opens a transaction takes neither a lock nor a snapshot, and travels with the first statement: it is let through. */
const opening = /^(?:BEGIN|SET TRANSACTION ISOLATION LEVEL [A-Z ]+)$/;

/**
 * Holds every statement of servers with a `sessionUrl` from now on, and returns what ends that. A server may have further
 * ones held while it waits for the first.
 */
export function holdStatements(hold: (statement: HeldStatement) => void): () => void {
  return interceptStatements(({ statement: { text }, connection, args, send }) => {
    const session = connection.connectionParameters.fallback_application_name;
    if (!session || opening.test(text)) return send(args);

    const held = { session, pid: connection.processID, text };
    // The pool passes a callback, and a transaction wants a promise.
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const release = (answered: () => void) => {
        const answer = (...given: unknown[]) => {
          answered();
          callback(...given);
        };
        send([...args.slice(0, -1), answer]);
      };
      return hold({ ...held, release });
    }
    return new Promise((resolve, reject) => {
      const release = (answered: () => void) => {
        Promise.resolve(send(args)).finally(answered).then(resolve, reject);
      };
      hold({ ...held, release });
    });
  });
}
