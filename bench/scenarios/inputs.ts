/** The same inputs over and over, for operations that change nothing for the next one. */
export function repeat(inputs: readonly string[][]) {
  return async (count: number): Promise<string[][]> =>
    Array.from({ length: count }, (_, index) => inputs[index % inputs.length] ?? []);
}
