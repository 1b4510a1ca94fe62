import { createOrganization, expect, signIn, test } from './console-test.ts';
import { createToken } from './data.ts';

test('a token that cannot be right is refused before it is sent, and one that is not is refused by the server', async ({
  page,
}) => {
  await page.goto('/');
  const token = page.getByLabel('Token', { exact: true });
  const button = page.getByRole('button', { name: 'Sign in' });

  await button.click();
  await expect(page.getByText('Paste a token.')).toBeVisible();
  await token.fill('two words');
  await button.click();
  await expect(page.getByText('This is no token')).toBeVisible();
  await token.fill('a-token-that-nobody-has-made-up');
  await button.click();
  await expect(page.getByText('The server does not know this token')).toBeVisible();
  await expect(token).toHaveAttribute('aria-invalid', 'true');
});

test('the token is kept in its tab alone, and forgotten when signing out', async ({ page, context }) => {
  await signIn(page);
  await expect(page.getByText('Operator')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();

  const other = await context.newPage();
  await other.goto('/');
  await expect(other.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie)).not.toContain(
    'operator-token',
  );

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('an address of the console leads there after signing in', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Deep Link');
  await page.goto(`/organizations/${orgId}/activity`);
  await page.getByLabel('Token', { exact: true }).fill(server.operatorToken);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Deep Link' })).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Activity', selected: true })).toBeVisible();
});

test('an organization’s token goes straight to its own organization, and sees no other', async ({ page, server }) => {
  const own = await createOrganization(server, 'Own Labs', ['Team']);
  const foreign = await createOrganization(server, 'Foreign Labs', ['Secret']);
  const { token } = await createToken(server, own.orgId, 'Dashboard');

  await signIn(page, token);
  await expect(page).toHaveURL(`/organizations/${own.orgId}`);
  await expect(page.getByRole('heading', { name: 'Own Labs' })).toBeVisible();
  await expect(page.getByText('Token Dashboard')).toBeVisible();
  await expect(page.getByText('All organizations')).toBeHidden();

  await page.goto(`/organizations/${foreign.orgId}`);
  await expect(page.getByText('There is no such organization')).toBeVisible();
  await expect(page.getByText(/Foreign|Secret/)).toBeHidden();
  await page.getByRole('link', { name: 'Go home' }).click();
  await expect(page.getByRole('heading', { name: 'Own Labs' })).toBeVisible();
});

test('a token that is revoked under an open page ends its session, and says so', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Revoked Labs', ['Team']);
  const { id, token } = await createToken(server, orgId, 'Doomed');
  await signIn(page, token);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();

  await server.api('mutation ($orgId: ID!, $id: ID!) { revokeApiToken(orgId: $orgId, id: $id) { id } }', { orgId, id });
  await expect(page.getByText('You were signed out: your token was revoked or has expired.')).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test('an address that leads nowhere says so, in the page and in its status', async ({ page }) => {
  await signIn(page);
  const response = await page.goto('/no/such/page');
  expect(response?.status()).toBe(404);
  await expect(page.getByText('There is no such page')).toBeVisible();
  await page.goto('/organizations/not-a-uuid');
  await expect(page.getByText('There is no such organization')).toBeVisible();
});
