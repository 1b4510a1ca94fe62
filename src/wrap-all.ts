/** One after the other put around the thing: the last is the outermost. */
export function wrapAll<Thing>(thing: Thing, wraps: readonly ((thing: Thing) => Thing)[]): Thing {
  return wraps.reduce((wrapped, wrap) => wrap(wrapped), thing);
}
