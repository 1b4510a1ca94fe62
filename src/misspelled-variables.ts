import { variableNames } from './config.ts';

/** Short names, such as PORT, are a letter away from names that mean something else. */
const shortestName = 8;
const mostEdits = 2;

/** Variables that nothing reads, with names so close to those of settings that they are likely meant as such. */
export function findMisspelled(environment: NodeJS.ProcessEnv): { name: string; meant: string }[] {
  return Object.keys(environment).flatMap((name) => {
    if (name.length < shortestName || variableNames.includes(name)) return [];
    const meant = variableNames.find((known) => known.length >= shortestName && edits(name, known) <= mostEdits);
    return meant === undefined ? [] : [{ name, meant }];
  });
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements of letters that make one text the other. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
