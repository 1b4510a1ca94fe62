import type { Page } from '@playwright/test';
import { createOrganization, createWorkspace, expect, openOrganization, rowOf, test } from './console-test.ts';
import { createThreeRoots, install } from './data.ts';

async function openInstall(page: Page) {
  await page.getByRole('button', { name: 'Install platform agent' }).click();
  return page.getByRole('dialog', { name: 'Install the platform agent' });
}

test('an install is shown before it is done, and its outcome in the same picture', async ({ page, server }) => {
  const { orgId } = await createThreeRoots(server, 'Picture Labs');
  await openOrganization(page, orgId);
  const dialog = await openInstall(page);

  const before = dialog.getByRole('region', { name: 'Before' });
  await expect(before.getByRole('listitem').filter({ hasText: 'Build Farm' })).toContainText('1 token');
  await expect(before.getByText('Will be restricted')).toHaveCount(2);
  const after = dialog.getByRole('region', { name: 'After the install' });
  await expect(after.getByText('Picture Labs Agent')).toBeVisible();
  await expect(after.getByText('3 tokens')).toBeVisible();
  await expect(after.getByText('Listed plugins only')).toBeVisible();
  await expect(after.getByRole('list', { name: 'Allowlist' }).getByRole('listitem')).toHaveText([
    'arxiv',
    'docker',
    'github from 2',
    'web-search',
  ]);
  await expect(after.getByRole('list', { name: 'Moved below it' }).getByRole('listitem')).toHaveCount(3);
  await expect(dialog.getByText(/Research and Support|Support and Research/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Where the entries of the allowlist come from' }).click();
  const github = dialog.getByRole('row').filter({ has: page.getByRole('cell', { name: 'github', exact: true }) });
  await expect(github).toContainText('Build Farm');
  await expect(github).toContainText('Research');
  // Nothing has been written so far.
  const { organization } = await server.api('query ($orgId: ID!) { organization(id: $orgId) { installed } }', {
    orgId,
  });
  expect(organization.installed).toBe(false);

  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  await expect(dialog.getByText('“Picture Labs Agent” is the root now')).toBeVisible();
  await expect(
    dialog.getByText('3 roots adopted, 3 tokens moved, 4 plugins merged, and duplicates of 1 dropped.'),
  ).toBeVisible();
  await expect(dialog.getByText('Nothing runs it yet')).toBeVisible();
  const now = dialog.getByRole('region', { name: 'Now' });
  await expect(now.getByText('3 tokens')).toBeVisible();
  await expect(now.getByRole('list', { name: 'Allowlist' }).getByRole('listitem')).toHaveCount(4);
  await dialog.getByRole('button', { name: 'Done' }).click();

  await expect(rowOf(page, 'Picture Labs Agent')).toHaveAttribute('aria-level', '1');
  await expect(rowOf(page, 'Picture Labs Agent')).toContainText('Offline');
  await expect(rowOf(page, 'Research')).toHaveAttribute('aria-level', '2');
  await expect(rowOf(page, 'Research agent')).toHaveAttribute('aria-level', '3');
});

test('a second install changes nothing, and says so', async ({ page, server }) => {
  const { orgId } = await createThreeRoots(server, 'Twice Labs');
  await install(server, orgId);
  await openOrganization(page, orgId);
  await page.getByRole('button', { name: 'Check the installation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Install the platform agent' });
  await expect(dialog.getByText('The platform agent is installed')).toBeVisible();
  await dialog.getByRole('button', { name: 'Install again' }).click();
  await expect(dialog.getByText('Nothing changed')).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('treegrid').getByRole('row', { level: 1 })).toHaveCount(1);
});

test('a name that is taken is refused before the button can be pressed, and another name is a way out', async ({
  page,
  server,
}) => {
  const { orgId } = await createOrganization(server, 'Taken', ['Taken Agent', 'Finance']);
  await openOrganization(page, orgId);
  const dialog = await openInstall(page);
  await expect(dialog.getByText('The name “Taken Agent” is taken')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Install', exact: true })).toBeDisabled();

  await dialog.getByRole('button', { name: 'Call the agent “Taken Agent (platform)”' }).click();
  await expect(dialog.getByText('is taken')).toBeHidden();
  await expect(dialog.getByLabel('Name of the platform agent')).toHaveValue('Taken Agent (platform)');
  await dialog.getByLabel('Name of the platform agent').fill('Finance');
  await expect(dialog.getByText('The name “Finance” is taken')).toBeVisible();
  await dialog.getByLabel('Name of the platform agent').fill('Root of Taken');
  await expect(dialog.getByRole('region', { name: 'After the install' }).getByText('Root of Taken')).toBeVisible();
  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  await expect(dialog.getByText('“Root of Taken” is the root now')).toBeVisible();
});

test('the workspace in the way is a link away, and renamed it makes way', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Way', ['Way Agent']);
  await openOrganization(page, orgId);
  let dialog = await openInstall(page);
  await dialog.getByRole('link', { name: 'Go to “Way Agent” to rename it' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('dialog', { name: 'Way Agent' }).getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New name').fill('Old Agent');
  await page.getByRole('dialog', { name: 'Rename “Way Agent”' }).getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('dialog', { name: 'Old Agent' }).getByRole('button', { name: 'Close' }).click();

  dialog = await openInstall(page);
  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  await expect(dialog.getByText('“Way Agent” is the root now')).toBeVisible();
  await dialog.getByRole('button', { name: 'Show the agent' }).click();
  await expect(page.getByRole('dialog', { name: 'Way Agent' }).getByText('it cannot be moved')).toBeVisible();
});

test('a platform agent of another id is said to be demoted, and is', async ({ page, server, postgres }) => {
  const { orgId } = await createOrganization(server, 'Import');
  await postgres.query(
    `with agent as (
       insert into workspaces (org_id, id, name, kind, tier) values ($1, gen_random_uuid(), 'Imported Agent', 'platform', 0)
       returning org_id, id
     ) insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from agent`,
    [orgId],
  );
  await openOrganization(page, orgId);
  await page.getByRole('button', { name: /Install platform agent|Check the installation/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Install the platform agent' });
  await expect(dialog.getByText('is a platform agent under another id')).toBeVisible();
  await expect(dialog.getByText('Becomes an ordinary workspace', { exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(rowOf(page, 'Imported Agent')).toHaveAttribute('aria-level', '2');
  await expect(rowOf(page, 'Imported Agent')).toContainText('Workspace');
});

test('what changes while the dialog is open is taken into the preview', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Moving Target', ['First']);
  await openOrganization(page, orgId);
  const dialog = await openInstall(page);
  await expect(dialog.getByRole('region', { name: 'Before' }).getByText('First')).toBeVisible();
  await createWorkspace(server, orgId, 'Latecomer');
  await expect(dialog.getByRole('region', { name: 'Before' }).getByText('Latecomer')).toBeVisible();
  await createWorkspace(server, orgId, 'Moving Target Agent');
  await expect(dialog.getByText('The name “Moving Target Agent” is taken')).toBeVisible();
});

test('a removed agent is not installed again: the way is to restore it', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Tomb', ['Team']);
  const id = await install(server, orgId);
  const remove = `mutation ($orgId: ID!, $id: ID!) {
    removeWorkspace(orgId: $orgId, id: $id, includeDescendants: true) { id }
  }`;
  await server.api(remove, { orgId, id });
  await openOrganization(page, orgId);
  await page.getByRole('button', { name: 'Check the installation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Install the platform agent' });
  await expect(dialog.getByText('The platform agent was removed')).toBeVisible();
  await dialog.getByRole('link', { name: 'Tomb Agent' }).click();
  await page.getByRole('dialog', { name: 'Tomb Agent' }).getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByRole('dialog', { name: 'Tomb Agent' }).getByText('Offline')).toBeVisible();
});
