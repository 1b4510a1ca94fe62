interface Follow<Update> {
  readonly onUpdate?: (update: Update) => void;
  /** Called once: at the end, at an error, or when whoever reads the updates gives them up. */
  readonly onEnd: () => void;
}

/** The same updates, told of. An async generator would not do: one that is not begun cannot tell that it was ended. */
export function followUpdates<Update>(
  updates: AsyncIterable<Update>,
  { onUpdate, onEnd }: Follow<Update>,
): AsyncIterableIterator<Update> {
  const iterator = updates[Symbol.asyncIterator]();
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) onEnd();
    hasEnded = true;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await iterator.next().catch((error) => {
        end();
        throw error;
      });
      if (result.done) end();
      else onUpdate?.(result.value);
      return result;
    },
    async return() {
      end();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
