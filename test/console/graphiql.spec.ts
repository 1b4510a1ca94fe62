import { expect, test } from '@playwright/test';
import { graphiqlKey } from '../../src/graphql/graphiql.ts';
import { watchPage } from './console-test.ts';
import { startDemoServer } from './server.ts';

test('the example that GraphiQL opens with runs as it stands, by a click', async ({ page }) => {
  // It installs, so it has a demo of its own.
  const server = await startDemoServer();
  try {
    const complaints = watchPage(page, server.url);
    await page.goto(`${server.url}/graphql?key=${graphiqlKey(server.operatorToken)}`);
    await page.getByRole('button', { name: /^Execute query/ }).click();
    const answer = page.getByRole('region', { name: 'Result Window' });
    await expect(answer).toContainText('Acme Robotics Agent');
    await expect(answer).not.toContainText('errors');
    expect(complaints, 'what the browser complained about').toEqual([]);
  } finally {
    await server.remove();
  }
});
