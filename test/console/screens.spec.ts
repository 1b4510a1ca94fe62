import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { createOrganization, expect } from './console-test.ts';
import { createThreeRoots } from './data.ts';
import { demo, signInToDemo, test } from './demo-test.ts';

const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 844 };
const looks = [
  { colorScheme: 'light', size: 'wide', viewport: wide },
  { colorScheme: 'dark', size: 'wide', viewport: wide },
  { colorScheme: 'light', size: 'narrow', viewport: narrow },
] as const;

test.describe.configure({ mode: 'parallel' });

for (const { colorScheme, size, viewport } of looks) {
  test.describe(`${colorScheme}, ${size}`, () => {
    test.use({ colorScheme, viewport });

    /** Looks at a screen as axe does, and keeps a picture of it for people to look at. */
    const look = async (page: Page, name: string) => {
      // What fades in has colors of its own while it does.
      await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
      await page.screenshot({ path: join('test-results', 'screens', `${name}-${colorScheme}-${size}.png`) });
      // A page without frames needs no second page to look at it from.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      const found = violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }));
      expect.soft(found, `what axe finds on ${name}`).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(overflow, 'pixels that the page is wider than the window').toBeLessThanOrEqual(0);
    };
    const open = async (page: Page, path: string) => {
      await page.goto(`/organizations/${path}`);
      await expect(page.getByText('Live', { exact: true })).toBeVisible();
    };

    test('signing in', async ({ page }) => {
      await page.goto('/');
      await look(page, 'sign-in');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await look(page, 'sign-in-refused');
    });

    test('the organizations', async ({ page, server }) => {
      await signInToDemo(page, server);
      await expect(page.getByRole('link', { name: 'Northwind Labs' })).toBeVisible();
      await look(page, 'organizations');
      await page.getByLabel('Search').fill('nothing like that');
      await expect(page.getByText('Nothing matches')).toBeVisible();
      await look(page, 'organizations-none');
      await page.getByRole('button', { name: 'New organization' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await look(page, 'organization-new');
      await page.goto('/no/such/page');
      await expect(page.getByText('There is no such page')).toBeVisible();
      await look(page, 'missing');
    });

    test('an organization with an agent of every status', async ({ page, server }) => {
      await signInToDemo(page, server);
      await open(page, demo.installed);
      await page.getByLabel('Show removed').check({ force: true });
      await expect(page.getByRole('row', { name: /Prototype/ })).toBeVisible();
      await look(page, 'workspaces');
      await page.getByRole('row', { name: /Summarizer/ }).click();
      const details = page.getByRole('dialog', { name: 'Summarizer' });
      await expect(details).toBeVisible();
      await look(page, 'workspace');
      for (const action of ['Rename', 'Move', 'Remove', 'Add below']) {
        await details.getByRole('button', { name: action, exact: true }).click();
        await expect(page.getByRole('dialog')).toHaveCount(2);
        await look(page, `workspace-${action.toLowerCase().replace(' ', '-')}`);
        await page.getByRole('button', { name: 'Cancel' }).click();
        await expect(page.getByRole('dialog')).toHaveCount(1);
      }
    });

    test('an install, from its preview to its outcome', async ({ page, server }) => {
      const { orgId } = await createThreeRoots(server, `Screens ${colorScheme} ${size}`);
      await signInToDemo(page, server);
      await open(page, orgId);
      await page.getByRole('button', { name: 'Install platform agent' }).click();
      await page.getByRole('button', { name: 'Where the entries of the allowlist come from' }).click();
      await look(page, 'install');
      await page.getByRole('button', { name: 'Install', exact: true }).click();
      await expect(page.getByText('is the root now')).toBeVisible();
      await look(page, 'install-outcome');
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Check the installation' }).click();
      await expect(page.getByText('The platform agent is installed')).toBeVisible();
      await look(page, 'install-again');
    });

    test('an install that would be refused', async ({ page, server }) => {
      await signInToDemo(page, server);
      await open(page, demo.conflict);
      await page.getByRole('button', { name: 'Install platform agent' }).click();
      await expect(page.getByText('is taken')).toBeVisible();
      await look(page, 'install-conflict');
    });

    test('plugins, tokens and activity', async ({ page, server }) => {
      await signInToDemo(page, server);
      await open(page, `${demo.waiting}/plugins`);
      await expect(page.getByRole('region', { name: 'Plugins of Research' })).toBeVisible();
      await look(page, 'plugins');
      await page.getByText('Listed only').last().click();
      await look(page, 'plugins-policy');
      await open(page, `${demo.waiting}/tokens`);
      await expect(page.getByRole('row').filter({ hasText: 'Notebook' })).toBeVisible();
      await look(page, 'tokens');
      await page.getByRole('button', { name: 'New token' }).click();
      await look(page, 'token-new');
      await page.getByLabel('Name').fill(`Screens ${colorScheme} ${size}`);
      await page.getByRole('combobox', { name: 'Root' }).click();
      await page.getByRole('option').first().click();
      await page.getByRole('button', { name: 'Create' }).click();
      await expect(page.getByRole('button', { name: 'Copy the token' })).toBeVisible();
      await look(page, 'token-once');
      await open(page, `${demo.installed}/activity`);
      await expect(page.getByText(/installed the platform agent/)).toBeVisible();
      await look(page, 'activity');
    });

    test('what is empty, and what is lost', async ({ page, server }) => {
      const { orgId } = await createOrganization(server, 'Empty');
      await signInToDemo(page, server);
      await open(page, orgId);
      await look(page, 'empty-workspaces');
      for (const tab of ['plugins', 'tokens']) {
        await open(page, `${orgId}/${tab}`);
        await look(page, `empty-${tab}`);
      }
      await page.route('**/graphql', (route) => route.abort());
      await page.getByRole('tab', { name: 'Activity' }).click();
      await expect(page.getByText('The server cannot be reached')).toBeVisible();
      await look(page, 'unreachable');
    });
  });
}
