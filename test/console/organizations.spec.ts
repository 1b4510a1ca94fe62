import { createOrganization, createWorkspace, expect, signIn, test } from './console-test.ts';
import { install, recordHeartbeat } from './data.ts';

test('the operator finds organizations by name and by whether they are installed', async ({ page, server }) => {
  const waiting = await createOrganization(server, 'Searchable Waiting');
  const installed = await createOrganization(server, 'Searchable Installed');
  await install(server, installed.orgId);

  await signIn(page);
  await page.getByLabel('Search').fill('searchABLE');
  const names = page.getByRole('table', { name: 'Organizations' }).getByRole('link');
  await expect(names).toHaveText(['Searchable Installed', 'Searchable Waiting']);
  await expect(page.getByText('2 organizations')).toBeVisible();
  const filter = page.getByRole('radiogroup', { name: 'Which organizations' });
  await filter.getByText('Not installed', { exact: true }).click();
  await expect(names).toHaveText(['Searchable Waiting']);
  await page.getByLabel('Search').fill('Searchable Inst');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await filter.getByText('Installed', { exact: true }).click();
  await expect(names).toHaveText(['Searchable Installed']);

  await filter.getByText('All', { exact: true }).click();
  await page.getByLabel('Search').fill('Searchable W');
  await expect(names).toHaveText(['Searchable Waiting']);
  await names.click();
  await expect(page).toHaveURL(`/organizations/${waiting.orgId}`);
  await expect(page.getByRole('heading', { name: 'Searchable Waiting' })).toBeVisible();
});

test('long lists come in pages, forth and back', async ({ page, server }) => {
  for (let number = 10; number < 55; number++) await createOrganization(server, `Paged ${number}`);
  await signIn(page);
  await page.getByLabel('Search').fill('Paged');
  await expect(page.getByText('45 organizations')).toBeVisible();
  const names = page.getByRole('table', { name: 'Organizations' }).getByRole('link');
  await expect(names).toHaveCount(20);
  await expect(page.getByRole('button', { name: 'Previous' })).toBeDisabled();

  await page.getByRole('button', { name: 'Next' }).click();
  await expect(names.first()).toHaveText('Paged 30');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(names).toHaveText(['Paged 50', 'Paged 51', 'Paged 52', 'Paged 53', 'Paged 54']);
  await expect(page.getByRole('button', { name: 'Next' })).toBeDisabled();
  await page.getByRole('button', { name: 'Previous' }).click();
  await expect(names.first()).toHaveText('Paged 30');
});

test('workspaces are counted by their status, and the counts keep up', async ({ page, server }) => {
  const { orgId, ids } = await createOrganization(server, 'Counted', ['One', 'Two']);
  await signIn(page);
  await page.getByLabel('Search').fill('Counted');
  const row = page.getByRole('row').filter({ hasText: 'Counted' });
  await expect(row.getByRole('listitem').filter({ has: page.getByRole('img', { name: 'Offline' }) })).toHaveText('2');
  const counted = (status: string) =>
    row.getByRole('listitem').filter({ has: page.getByRole('img', { name: status, exact: true }) });
  await createWorkspace(server, orgId, 'Three');
  await expect(counted('Offline')).toHaveText('3', { timeout: 15_000 });
  await recordHeartbeat(server, orgId, ids['One'] ?? '');
  await page.reload();
  await page.getByLabel('Search').fill('Counted');
  await expect(counted('Online')).toHaveText('1');
  await expect(counted('Offline')).toHaveText('2');
});

test('an organization is created, and starts empty', async ({ page }) => {
  await signIn(page);
  await page.getByRole('button', { name: 'New organization' }).click();
  const dialog = page.getByRole('dialog', { name: 'New organization' });
  await expect(dialog.getByRole('button', { name: 'Create' })).toBeDisabled();
  await dialog.getByLabel('Name').fill('x'.repeat(121));
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog.getByText('name must be at most 120 characters long.')).toBeVisible();
  await dialog.getByLabel('Name').fill('Newborn Labs');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('heading', { name: 'Newborn Labs' })).toBeVisible();
  await expect(page.getByText('No workspaces', { exact: true })).toBeVisible();
});
