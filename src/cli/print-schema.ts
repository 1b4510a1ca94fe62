// Part of npm run codegen: writes schema.graphql, and takes what is new in it into the baseline of the contract.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { printSchema } from 'graphql';
import { schema } from '../graphql/schema.ts';
import { baselineFile, findBreakingChanges, printBaseline } from './baseline.ts';

const sdl = `${printSchema(schema)}\n`;
await writeFile('schema.graphql', sdl);

const breaking = existsSync(baselineFile) ? await findBreakingChanges(await readFile(baselineFile, 'utf8'), sdl) : [];
if (breaking.length === 0) {
  await writeFile(baselineFile, printBaseline(sdl));
} else {
  console.error(
    `The schema breaks what clients have been promised:\n${breaking.map((text) => `  ${text}`).join('\n')}`,
  );
  console.error(`Take that back, or delete ${baselineFile} and run this again if it is what you want.`);
  process.exitCode = 1;
}
