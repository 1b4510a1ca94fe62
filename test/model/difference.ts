/** The lines that only one of two lists has. A line that is there twice has to be in the other twice. */
export function difference(
  one: readonly string[],
  other: readonly string[],
): { readonly onlyInOne: string[]; readonly onlyInOther: string[] } {
  const left = [...other];
  const onlyInOne = one.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  return { onlyInOne, onlyInOther: left };
}
