import { createOrganization, createWorkspace, expect, openOrganization, test } from './console-test.ts';
import { createThreeRoots, install } from './data.ts';

test('what happened reads as sentences, newest first, and goes on as it happens', async ({ page, server }) => {
  const { orgId, ids } = await createThreeRoots(server, 'Story');
  await openOrganization(page, orgId, 'activity');
  await expect(page.getByText('the operator created the organization “Story”')).toBeVisible();
  await expect(page.getByText('the operator created “Research” as a root')).toBeVisible();
  await expect(page.getByText('the operator restricted “Build Farm” to the plugins on its list')).toBeVisible();

  await install(server, orgId);
  await expect(page.getByText('the operator installed the platform agent “Story Agent”')).toBeVisible();
  await expect(page.getByText('Moved 3 tokens.')).toBeVisible();
  await server.api(
    'mutation ($orgId: ID!, $id: ID!) { renameWorkspace(orgId: $orgId, id: $id, name: "Science") { id } }',
    { orgId, id: ids['Research'] },
  );
  await expect(page.getByRole('listitem').first()).toContainText('the operator renamed “Research” to “Science”');
  await page.getByRole('link', { name: 'Science' }).first().click();
  await expect(page.getByRole('dialog', { name: 'Science' })).toBeVisible();
});

test('older events are fetched when they are asked for', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Long Story');
  for (let number = 1; number <= 60; number++) await createWorkspace(server, orgId, `Number ${number}`);
  await openOrganization(page, orgId, 'activity');
  await expect(page.getByText('created “Number 60” as a root')).toBeVisible();
  await expect(page.getByText('created the organization')).toBeHidden();
  await page.getByRole('button', { name: 'Show older' }).click();
  await expect(page.getByText('created the organization')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Show older' })).toBeHidden();
  // All of them, each once.
  await expect(page.getByText(/created “Number/)).toHaveCount(60);
});
