import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow by two fifths of what is in use, and then collects what is not. V8 by itself lets a busy one grow to
 * several times that, and stay there. The price is what collecting takes where many large lists are read at once.
 */
export function growHeapSlowly(): void {
  setFlagsFromString('--heap-growing-percent=40');
}
