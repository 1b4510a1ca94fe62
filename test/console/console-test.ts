import { randomUUID } from 'node:crypto';
import { test as base, expect, type Page } from '@playwright/test';
import { type ConsoleServer, startPostgres, startServer, type TestPostgres } from './server.ts';

export { expect } from '@playwright/test';

/** Seconds that a heartbeat counts in these tests: short, so that silence need not be awaited for long. */
export const livenessSeconds = 8;

interface WorkerFixtures {
  readonly postgres: TestPostgres;
  /** One server for all tests of a worker. Each test makes organizations of its own. */
  readonly server: ConsoleServer;
}

/** The operator's token in the tests of the console. */
const operatorToken = 'operator-token-of-the-console-tests';

export const test = base.extend<object, WorkerFixtures>({
  postgres: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern what a fixture needs
    async ({}, use) => {
      const postgres = await startPostgres();
      await use(postgres);
      await postgres.stop();
    },
    { scope: 'worker' },
  ],
  server: [
    async ({ postgres }, use) => {
      const settings = {
        DATABASE_URL: postgres.url,
        OPERATOR_TOKEN: operatorToken,
        LIVENESS_WINDOW_SECONDS: String(livenessSeconds),
      };
      const server = await startServer(settings, async () => operatorToken);
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  page: async ({ page, server }, use) => {
    const complaints = watchPage(page, server.url);
    await use(page);
    expect(complaints, 'what the browser complained about').toEqual([]);
  },
});

/**
 * Notes what a page must not do: fail, break its own policy, or load anything from elsewhere. What the browser logs of
 * requests that were refused or found no server is left out: tests provoke that.
 */
export function watchPage(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    complaints.push(message.text());
  });
  page.on('request', (request) => {
    const own = [`${origin}/`, `blob:${origin}/`, 'data:'];
    if (!own.some((start) => request.url().startsWith(start))) complaints.push(`Loaded ${request.url()}`);
  });
  return complaints;
}

/** Signs in as a person does, with the operator's token unless another is given. */
export async function signIn(page: Page, token = operatorToken): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}

/** Opens a page of an organization, in a tab that is signed in. */
export async function openOrganization(page: Page, orgId: string, tab = 'workspaces'): Promise<void> {
  await page.addInitScript((token) => sessionStorage.setItem('taproot.token', token), operatorToken);
  await page.goto(`/organizations/${orgId}/${tab}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
}

/** Creates an organization with these roots, and returns its id and theirs by their names. */
export async function createOrganization(
  server: ConsoleServer,
  name: string,
  roots: readonly string[] = [],
): Promise<{ orgId: string; ids: Record<string, string> }> {
  const orgId = randomUUID();
  await server.api('mutation ($id: ID!, $name: String!) { createOrganization(id: $id, name: $name) { id } }', {
    id: orgId,
    name,
  });
  const ids: Record<string, string> = {};
  for (const root of roots) ids[root] = await createWorkspace(server, orgId, root);
  return { orgId, ids };
}

export async function createWorkspace(
  server: ConsoleServer,
  orgId: string,
  name: string,
  parentId: string | null = null,
): Promise<string> {
  const document = `mutation ($orgId: ID!, $name: String!, $parentId: ID) {
    createWorkspace(orgId: $orgId, name: $name, parentId: $parentId) { id }
  }`;
  return (await server.api(document, { orgId, name, parentId })).createWorkspace.id;
}

/** The row of a workspace in the tree. */
export function rowOf(page: Page, name: string) {
  return page
    .getByRole('treegrid')
    .getByRole('row')
    .filter({ has: page.getByText(name, { exact: true }) });
}
