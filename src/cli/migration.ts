// npm run migration -- <name>: writes the next migration, from the existing ones to prisma/schema.prisma.
import { relative } from 'node:path';
import { EmbeddedPostgresError } from '../database/embedded/errors.ts';
import { createMigration } from '../database/migrations/create.ts';
import { MigrationError } from '../database/migrations/errors.ts';

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || rest.length > 0) {
  console.error('Usage: npm run migration -- <name>');
  process.exitCode = 2;
} else {
  try {
    const { file, empty } = await createMigration(name);
    console.log(
      `Wrote ${relative('.', file)}${empty ? ', empty: write its SQL by hand' : ''}. The next start applies it.`,
    );
  } catch (error) {
    if (!(error instanceof MigrationError || error instanceof EmbeddedPostgresError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
