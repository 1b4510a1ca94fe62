import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow by four fifths of what is in use, and then collects what is not. V8 by itself lets a busy one grow to
 * several times that, and stay there; with much less, collecting takes time where many large lists are read at once.
 */
export function growHeapSlowly(): void {
  setFlagsFromString('--heap-growing-percent=80');
}
