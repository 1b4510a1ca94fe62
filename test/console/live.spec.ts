import {
  createOrganization,
  createWorkspace,
  expect,
  livenessSeconds,
  openOrganization,
  rowOf,
  test,
} from './console-test.ts';
import { createToken, install, recordHeartbeat } from './data.ts';

test('a heartbeat turns a workspace online, and silence turns it back, without a reload', async ({ page, server }) => {
  const { orgId, ids } = await createOrganization(server, 'Pulse', ['Runner']);
  await openOrganization(page, orgId);
  await expect(rowOf(page, 'Runner')).toContainText('Offline');
  await expect(rowOf(page, 'Runner')).toContainText('never');

  await recordHeartbeat(server, orgId, ids['Runner'] ?? '', 'At work');
  await expect(rowOf(page, 'Runner')).toContainText('Online');
  await expect(rowOf(page, 'Runner')).toContainText(/just now|\ds ago/);
  await rowOf(page, 'Runner').click();
  await expect(page.getByRole('dialog', { name: 'Runner' }).getByText('At work')).toBeVisible();
  await page.keyboard.press('Escape');
  // It ages by itself, and does not stay online by itself.
  await expect(rowOf(page, 'Runner')).toContainText(/[4-9]s ago/);
  await expect(rowOf(page, 'Runner')).toContainText('Offline', { timeout: (livenessSeconds + 10) * 1000 });
});

test('what others change is shown as it happens: the tree, the header and the lists', async ({ page, server }) => {
  const { orgId, ids } = await createOrganization(server, 'Followed', ['Alpha', 'Beta']);
  await openOrganization(page, orgId);
  const below = await createWorkspace(server, orgId, 'Newcomer', ids['Alpha'] ?? null);
  await expect(rowOf(page, 'Newcomer')).toHaveAttribute('aria-level', '2');

  await server.api(
    'mutation ($orgId: ID!, $id: ID!) { renameWorkspace(orgId: $orgId, id: $id, name: "Renamed") { id } }',
    { orgId, id: below },
  );
  await expect(rowOf(page, 'Renamed')).toBeVisible();
  await server.api(
    'mutation ($orgId: ID!, $id: ID!, $parentId: ID!) { moveWorkspace(orgId: $orgId, id: $id, parentId: $parentId) { id } }',
    { orgId, id: ids['Beta'], parentId: below },
  );
  await expect(rowOf(page, 'Beta')).toHaveAttribute('aria-level', '3');
  await install(server, orgId);
  await expect(page.getByRole('link', { name: 'Followed Agent' })).toBeVisible();
  await expect(rowOf(page, 'Beta')).toHaveAttribute('aria-level', '4');
  await server.api(
    'mutation ($orgId: ID!, $id: ID!) { removeWorkspace(orgId: $orgId, id: $id, includeDescendants: true) { id } }',
    { orgId, id: below },
  );
  await expect(rowOf(page, 'Renamed')).toBeHidden();
  await expect(rowOf(page, 'Beta')).toBeHidden();

  await page.getByRole('tab', { name: 'API tokens' }).click();
  await expect(page.getByText('No API tokens yet')).toBeVisible();
  await createToken(server, orgId, 'Made elsewhere');
  await expect(page.getByRole('row').filter({ hasText: 'Made elsewhere' })).toBeVisible();
});

test('a workspace that was written past the API turns up as well', async ({ page, server, postgres }) => {
  const { orgId } = await createOrganization(server, 'Foreign Writer', ['Known']);
  await openOrganization(page, orgId);
  await postgres.query(
    `with written as (insert into workspaces (org_id, name) values ($1, 'Imported') returning org_id, id)
     insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from written`,
    [orgId],
  );
  await expect(rowOf(page, 'Imported')).toBeVisible();
});

test('a page goes on by itself when its server was restarted, and has missed nothing', async ({
  page,
  server,
  postgres,
}) => {
  const { orgId, ids } = await createOrganization(server, 'Restarted', ['Survivor']);
  await openOrganization(page, orgId);
  await server.stop();
  await expect(page.getByText('Connection lost')).toBeVisible();
  // What is known stays in sight meanwhile.
  await expect(rowOf(page, 'Survivor')).toBeVisible();
  await postgres.query(
    "update workspace_heartbeats set last_seen_at = clock_timestamp() + interval '1 minute' where org_id = $1 and workspace_id = $2",
    [orgId, ids['Survivor']],
  );
  await server.start();
  await createWorkspace(server, orgId, 'Afterwards');
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(rowOf(page, 'Survivor')).toContainText('Online');
  await expect(rowOf(page, 'Afterwards')).toBeVisible();
});

test('a server that is away is said to be, and asking again helps when it is back', async ({ page, server }) => {
  const { orgId } = await createOrganization(server, 'Away', ['Team']);
  await openOrganization(page, orgId, 'plugins');
  await expect(page.getByRole('region', { name: 'Plugins of Team' })).toBeVisible();
  await server.stop();
  await page.getByLabel('Allow a plugin').fill('mail');
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(page.getByText('The server cannot be reached').first()).toBeVisible();
  await server.start();
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(page.getByRole('cell', { name: 'mail', exact: true })).toBeVisible();
});
