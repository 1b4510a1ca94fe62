import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would load the ES module build of graphql for our own files, while Node loads the CommonJS one for the libraries
  // that we use: two copies, whose errors do not recognise each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    // They need a system package: `npm run test:pooler`.
    exclude: ['test/pooler/**'],
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: 'test/sharding/check-all-statements.ts',
    // Every file has a database of its own, so that files run side by side; the tests of one file run in order.
    maxWorkers: 3,
    // Files share the modules that they load, which takes half of the time otherwise. What a file sets up it keeps to itself:
    // modules under test/ hold no state and register no hooks when they are loaded.
    isolate: false,
    // A deep run tries a lot within one test.
    testTimeout: process.env['TEST_DEPTH'] === 'deep' ? 3_600_000 : 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
});
