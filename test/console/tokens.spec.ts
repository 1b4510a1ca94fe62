import { createOrganization, expect, openOrganization, test } from './console-test.ts';
import { createThreeRoots, createToken } from './data.ts';

test('a token is shown once, with a button that copies it, and works', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { orgId } = await createOrganization(server, 'Once', ['Root']);
  await openOrganization(page, orgId, 'tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByRole('dialog', { name: 'New API token' }).getByLabel('Name').fill('Shown once');
  await page.getByRole('button', { name: 'Create' }).click();
  const dialog = page.getByRole('dialog', { name: 'The token “Shown once”' });
  const text = (await dialog.getByLabel('The token', { exact: true }).textContent()) ?? '';
  expect(text).toMatch(new RegExp(`^tap_${orgId}_[\\w-]{43}$`));
  await dialog.getByRole('button', { name: 'Copy the token' }).click();
  await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  const { viewer } = await server.api('{ viewer { apiToken { name } } }', {}, text);
  expect(viewer.apiToken.name).toBe('Shown once');

  // Neither a click beside the dialog nor Escape loses it; closed, it is nowhere any more.
  await page.mouse.click(5, 5);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'I have stored it' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Shown once' })).toContainText('Active');
  expect(await page.content()).not.toContain(text);
  await page.reload();
  await expect(page.getByRole('row').filter({ hasText: 'Shown once' })).toBeVisible();
  expect(await page.content()).not.toContain(text);
});

test('a token is revoked after asking, and then refused', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Revoke', ['Root']);
  const { token } = await createToken(server, orgId, 'Leaked');
  await openOrganization(page, orgId, 'tokens');
  await page.getByRole('button', { name: 'Revoke Leaked' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke “Leaked”?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await server.api('{ viewer { kind } }', {}, token);
  await page.getByRole('button', { name: 'Revoke Leaked' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Leaked' })).toContainText('Revoked');
  await expect(page.getByRole('button', { name: 'Revoke Leaked' })).toBeHidden();
  await expect(server.api('{ viewer { kind } }', {}, token)).rejects.toThrow('UNAUTHENTICATED');
});

test('with several roots the one is named that a token hangs on, and it may expire', async ({ page, server }) => {
  const { orgId } = await createThreeRoots(server, 'Anchors');
  await openOrganization(page, orgId, 'tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog', { name: 'New API token' });
  await dialog.getByLabel('Name').fill('Short');
  await expect(dialog.getByRole('button', { name: 'Create' })).toBeDisabled();
  await dialog.getByRole('combobox', { name: 'Root' }).click();
  await page.getByRole('option', { name: 'Support' }).click();
  await dialog.getByLabel('Expires').fill('2020-01-01T00:00');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog.getByText('expiresAt lies in the past')).toBeVisible();
  await dialog.getByLabel('Expires').fill('2999-01-01T00:00');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('button', { name: 'I have stored it' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Short' });
  await expect(row).toContainText('Support');
  await expect(row).toContainText(/in .*d/);
});
