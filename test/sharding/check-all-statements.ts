import { loadModule } from 'libpg-query';
import { afterAll } from 'vitest';
import { observeStatements } from '../support/statements.ts';
import { checkStatement } from './check-statement.ts';

// Runs before every test file, and fails it when the server sent a statement that binds no organization.

await loadModule();
const sent = new Set<string>();
const stop = observeStatements(({ text }) => sent.add(text));

afterAll(() => {
  stop();
  const violations = [...sent].flatMap(checkStatement);
  if (violations.length > 0) throw new Error(violations.join('\n\n'));
});
