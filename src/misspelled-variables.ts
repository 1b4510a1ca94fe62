import { distance } from 'fastest-levenshtein';
import { variableNames } from './config.ts';

/** Short names, such as PORT, are a letter away from names that mean something else. */
const shortestName = 8;
const mostEdits = 2;

/** Variables that nothing reads, with names so close to those of settings that they are likely meant as such. */
export function findMisspelled(environment: NodeJS.ProcessEnv): { name: string; meant: string }[] {
  return Object.keys(environment).flatMap((name) => {
    if (name.length < shortestName || variableNames.includes(name)) return [];
    const meant = variableNames.find((known) => known.length >= shortestName && distance(name, known) <= mostEdits);
    return meant === undefined ? [] : [{ name, meant }];
  });
}
