import type { Page } from '@playwright/test';
import { test as base, signIn } from './console-test.ts';
import { type ConsoleServer, startDemoServer } from './server.ts';

/** The organizations that `npm start` fills an empty database with. */
export const demo = {
  waiting: '11111111-1111-4111-8111-111111111111',
  installed: '22222222-2222-4222-8222-222222222222',
  conflict: '33333333-3333-4333-8333-333333333333',
  large: '44444444-4444-4444-8444-444444444444',
} as const;

/** Tests on the server as a person first meets it. */
export const test = base.extend<object, { readonly server: ConsoleServer }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern what a fixture needs
    async ({}, use) => {
      const server = await startDemoServer();
      await use(server);
      await server.remove();
    },
    { scope: 'worker' },
  ],
});

/** Signs in as the operator of the demo. */
export async function signInToDemo(page: Page, server: ConsoleServer): Promise<void> {
  await signIn(page, server.operatorToken);
}
