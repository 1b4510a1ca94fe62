import type { AnswerError } from './api-client.ts';

/** What a subscription answers to one update. */
export interface Told<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly AnswerError[];
}

export interface TestSubscription<Data> {
  readonly status: number;
  readonly headers: Headers;
  /** What it tells next; undefined when it has completed. Waits as long as that takes. */
  next(): Promise<Told<Data> | undefined>;
  /** Goes away without a word, as a client does. */
  close(): Promise<void>;
}

/** Reads a response of server-sent events. Throws at what is no event of GraphQL. */
export function readSubscription<Data>(response: Response): TestSubscription<Data> {
  if (response.body === null) throw new Error(`Status ${response.status} without a body`);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let unread = '';
  let hasBegun = false;
  let hasEnded = false;

  const readBlock = async (): Promise<string | undefined> => {
    for (;;) {
      const end = unread.indexOf('\n\n');
      if (end >= 0) {
        const block = unread.slice(0, end);
        unread = unread.slice(end + 2);
        // A comment, which keeps the line open.
        if (!block.startsWith(':')) return block;
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      unread += decoder.decode(value, { stream: true });
    }
  };

  return {
    status: response.status,
    headers: response.headers,
    async next() {
      if (hasEnded) return undefined;
      hasBegun = true;
      const block = await readBlock();
      const [, event, data] = /^event: (next|complete)\ndata:(.*)$/s.exec(block ?? '') ?? [];
      if (event === undefined || data === undefined) throw new Error(`No event of GraphQL: ${block}`);
      if (event === 'next') return JSON.parse(data);
      hasEnded = true;
      return undefined;
    },
    async close() {
      if (hasEnded) return;
      hasEnded = true;
      // Yoga begins when the body is read, and cannot break off before.
      // One whose server died is broken already.
      if (hasBegun) await reader.cancel().catch(() => {});
    },
  };
}
