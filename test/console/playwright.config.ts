import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';

const root = join(import.meta.dirname, '../..');

/** Debian's browsers, the one without windows first: it draws the same with a quarter less work. */
const browsers = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const browser = process.env['CHROMIUM'] ?? browsers.find((path) => existsSync(path));
if (browser === undefined)
  throw new Error('No browser: install the package chromium-headless-shell, or name a Chromium in CHROMIUM');

export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: '*.spec.ts',
  outputDir: join(root, 'test-results'),
  // The pictures of the README: made anew with --update-snapshots.
  snapshotPathTemplate: join(root, 'docs/console/{arg}{ext}'),
  fullyParallel: false,
  workers: 2,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [
    ['list'],
    ['json', { outputFile: process.env['PLAYWRIGHT_RESULTS'] ?? join(root, 'test-results/results.json') }],
  ],
  use: {
    launchOptions: {
      executablePath: browser,
      args: [
        // Its sandbox does not run as root. The pages are our own.
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
    viewport: { width: 1280, height: 800 },
    trace: process.env['TRACE'] ? 'retain-on-failure' : 'off',
    contextOptions: { reducedMotion: 'reduce' },
    locale: 'en-US',
    timezoneId: 'UTC',
  },
});
