import { ChangeType, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildASTSchema, buildSchema, lexicographicSortSchema, parse, printSchema, visit } from 'graphql';

/**
 * What clients have been promised: the schema without its descriptions. Unlike schema.graphql it is not simply printed
 * anew: what it holds is never taken out again by a program.
 */
export const baselineFile = 'test/contract/baseline.graphql';

const heading = `# What clients have been promised. \`npm run codegen\` adds what is new, and refuses when something here was taken away or
# changed. If that is what you want, delete this file and run it again: the diff shows what clients lose.

`;

/** The baseline that a schema makes. */
export function printBaseline(sdl: string): string {
  const bare = visit(parse(sdl), {
    enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined),
  });
  return `${heading}${printSchema(lexicographicSortSchema(buildASTSchema(bare)))}\n`;
}

/** Why clients of the one schema could not go on with the other: a sentence each, none when they can. */
export async function findBreakingChanges(promised: string, offered: string): Promise<string[]> {
  const changes = await diff(buildSchema(promised), buildSchema(offered));
  return changes
    .filter(({ type, criticality }) => criticality.level === CriticalityLevel.Breaking || changesDefault.has(type))
    .map(({ message }) => message);
}

/** Which clients notice although they send the same as before: those that send nothing. */
const changesDefault = new Set<string>([
  ChangeType.FieldArgumentDefaultChanged,
  ChangeType.InputFieldDefaultValueChanged,
]);
