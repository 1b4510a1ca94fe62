import type { Page } from '@playwright/test';
import { expect } from './console-test.ts';
import { demo, signInToDemo, test } from './demo-test.ts';

// The pictures of the README, of the demo data. They are compared with what the console looks like, so that they stay
// true; `npm run test:console -- pictures --update-snapshots` makes them anew.

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, viewport: { width: 1120, height: 780 } });

    /** Ages and dates differ from run to run. */
    const compare = (page: Page, name: string) =>
      expect(page).toHaveScreenshot(`${name}-${colorScheme}.png`, { maxDiffPixelRatio: 0.02 });

    test('the tree of an organization', async ({ page, server }) => {
      await signInToDemo(page, server);
      await page.goto(`/organizations/${demo.installed}`);
      await expect(page.getByText('Live', { exact: true })).toBeVisible();
      await expect(page.getByRole('row', { name: /Translator/ })).toContainText('Provisioning');
      await compare(page, 'workspaces');
    });

    test('the preview of an install', async ({ page, server }) => {
      await page.setViewportSize({ width: 1120, height: 920 });
      await signInToDemo(page, server);
      await page.goto(`/organizations/${demo.waiting}`);
      await page.getByRole('button', { name: 'Install platform agent' }).click();
      await expect(page.getByRole('region', { name: 'After the install' })).toBeVisible();
      await compare(page, 'install');
    });
  });
}
