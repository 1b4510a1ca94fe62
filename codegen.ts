import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Typed documents of the operations that clients run, from schema.graphql alone: no server, no network. What is written
 * is never committed.
 */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'test/generated/documents.ts': {
      documents: 'test/contract/operations/*.graphql',
      plugins: ['typescript-operations', 'typed-document-node'],
    },
    'src/generated/console.ts': {
      documents: 'src/console/**/*.graphql',
      plugins: ['typescript-operations', 'typed-document-node'],
    },
  },
  config: {
    // What JSON carries. A scalar that is not named here is an error, not `any`.
    scalars: { ID: 'string', DateTime: 'string', JSONObject: 'Record<string, unknown>' },
    strictScalars: true,
    enumType: 'string-literal',
    arrayInputCoercion: false,
    immutableTypes: true,
    skipTypename: true,
    useTypeImports: true,
    dedupeFragments: true,
  },
};

export default config;
