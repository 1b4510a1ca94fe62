import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// `prisma generate` asks for a native engine that it does not use, and would download one. Any existing file satisfies
// it. `prisma migrate` does need the engine, and gets it where downloads are possible.
if (process.argv.includes('generate')) {
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= fileURLToPath(import.meta.url);
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
  // A view, which schema.prisma declares as a model. It is no table for `prisma migrate` to make.
  experimental: { externalTables: true },
  tables: { external: ['public.workspace_states'] },
});
