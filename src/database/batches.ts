import DataLoader from 'dataloader';

/** Items in one batch at most. */
const maxBatchSize = 1_000;

/** Milliseconds after which a batch no longer waits for the one before it, which may be waiting for a lock. */
const patienceMs = 20;

/**
 * Does together what many requests ask for at about the same time: what comes while a batch is under way makes up the
 * next one. Nothing is held back for company: where nothing is under way, a batch goes out with the next turn of the
 * event loop. The busier the server, the fewer statements it takes for each request.
 *
 * @param run answers the items in their order: with a value, or with the error that is to be thrown for that item alone
 */
export function createBatcher<Item, Value>(
  run: (items: readonly Item[]) => Promise<readonly (Value | Error)[]>,
): (item: Item) => Promise<Value> {
  let underway = 0;
  const waiting = new Set<() => void>();
  const goOn = () => {
    const [next] = waiting;
    next?.();
  };
  const loader = new DataLoader<Item, Value>(
    async (items) => {
      underway++;
      try {
        return await run(items);
      } finally {
        underway--;
        goOn();
      }
    },
    {
      cache: false,
      maxBatchSize,
      batchScheduleFn(send) {
        const go = () => {
          clearTimeout(patience);
          if (waiting.delete(go)) send();
        };
        waiting.add(go);
        const patience = setTimeout(go, patienceMs);
        if (underway === 0) setImmediate(go);
      },
    },
  );
  return (item) => loader.load(item);
}

/** What was thrown, as the answer to an item. */
export const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
