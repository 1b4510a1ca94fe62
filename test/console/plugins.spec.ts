import { createOrganization, expect, openOrganization, test } from './console-test.ts';
import { createThreeRoots, createToken, install } from './data.ts';

test('the allowlist shows who enabled what, and takes and loses entries', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Allow', ['Root']);
  const { token } = await createToken(server, orgId, 'Robot');
  await server.api(
    'mutation ($orgId: ID!) { allowPlugin(orgId: $orgId, plugin: "github") { plugin } }',
    { orgId },
    token,
  );
  await openOrganization(page, orgId, 'plugins');
  const root = page.getByRole('region', { name: 'Plugins of Root' });
  await expect(root.getByRole('row').filter({ hasText: 'github' })).toContainText('token “Robot”');

  await root.getByLabel('Allow a plugin').fill('two words');
  await root.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(root.getByText('plugin must not hold spaces.')).toBeVisible();
  await root.getByLabel('Allow a plugin').fill('mail');
  await root.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(root.getByRole('row').filter({ hasText: 'mail' })).toContainText('the operator');

  await root.getByRole('button', { name: 'Take github off the list' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take off' }).click();
  await expect(root.getByRole('row').filter({ hasText: 'github' })).toBeHidden();
});

test('the policy of a root is changed after asking', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Policy', ['Root']);
  await openOrganization(page, orgId, 'plugins');
  const root = page.getByRole('region', { name: 'Plugins of Root' });
  await root.getByText('Listed only', { exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Restrict “Root” to its allowlist?' });
  await expect(dialog.getByText('no plugin at all: the list is empty')).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(root.getByRole('radio', { name: 'Every plugin' })).toBeChecked();
  await root.getByText('Listed only', { exact: true }).click();
  await dialog.getByRole('button', { name: 'Restrict' }).click();
  await expect(root.getByRole('radio', { name: 'Listed only' })).toBeChecked();
  await expect(root.getByText('no plugin is admitted')).toBeVisible();
});

test('each root has a list of its own, and an install merges them', async ({ page, server }) => {
  const { orgId } = await createThreeRoots(server, 'Lists');
  await openOrganization(page, orgId, 'plugins');
  await expect(page.getByRole('region', { name: /^Plugins of/ })).toHaveCount(3);
  await install(server, orgId);
  const merged = page.getByRole('region', { name: 'Plugins of Lists Agent' });
  await expect(merged.getByRole('row')).toHaveCount(5);
  await expect(page.getByRole('region', { name: /^Plugins of/ })).toHaveCount(1);
});

test('an organization without a root says where lists come from', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Rootless');
  await openOrganization(page, orgId, 'plugins');
  await expect(page.getByText('No root to allow plugins on')).toBeVisible();
});
