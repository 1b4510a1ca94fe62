/** Such as "1 token" and "2 tokens". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Names that a list tells; of more, their number. */
const mostNames = 6;
const list = new Intl.ListFormat('en');

/** Such as "a, b, and c", and "a, b, c, d, e, f, and 3 more". */
export function enumerate(names: readonly string[]): string {
  const told = names.slice(0, mostNames);
  if (names.length > mostNames) told.push(`${names.length - mostNames} more`);
  return list.format(told);
}
