import { graphiqlKey } from '../../src/graphql/graphiql.ts';
import { expect } from './console-test.ts';
import { test } from './demo-test.ts';

test('the example that GraphiQL opens with runs as it stands, by a click', async ({ page, server }) => {
  await page.goto(`/graphql?key=${graphiqlKey(server.operatorToken)}`);
  await page.getByRole('button', { name: /^Execute query/ }).click();
  const answer = page.getByRole('region', { name: 'Result Window' });
  await expect(answer).toContainText('Acme Robotics Agent');
  await expect(answer).not.toContainText('errors');
});
