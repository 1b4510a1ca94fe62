import { expect } from 'vitest';
import { applyMigrations, schemaDrift } from '../../src/database/migrations.ts';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { type Acme, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { mutations } from '../concurrency/calls.ts';
import { operatorToken } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import type { TestDatabase } from '../support/database.ts';
import { insertNeighbour } from '../support/fixtures.ts';
import { type OrganizationSnapshot, snapshotOrganization } from '../support/snapshot.ts';

/** What is in a database before it is backed up. */
export interface BackedUp {
  /** An organization whose agent is installed. */
  readonly installed: Acme;
  /** One whose agent is to be installed on what is restored. */
  readonly waiting: Acme;
  readonly neighbourId: string;
}

export const install = (on: TestApp, { orgId }: Acme) => on.expectData(mutations.install, { orgId });

/** Inserts the organizations, and installs the agent of one of them. */
export async function insertOrganizations(database: TestDatabase, app: TestApp): Promise<BackedUp> {
  const installed = await insertAcme(database);
  const waiting = await insertAcme(database);
  const { orgId: neighbourId } = await insertNeighbour(database);
  await install(app, installed);
  return { installed, waiting, neighbourId };
}

/** Every row of the organizations. */
export async function everyRow(
  of: TestDatabase,
  { installed, waiting, neighbourId }: BackedUp,
): Promise<OrganizationSnapshot[]> {
  return Promise.all([installed.orgId, waiting.orgId, neighbourId].map((id) => snapshotOrganization(of, id)));
}

/**
 * Expects that the copy has all rows of the original, refuses what that refuses, and serves.
 *
 * @param copy opened outside of tests, or in one that takes the database away itself
 */
export async function expectWhole(
  copy: TestDatabase,
  organizations: BackedUp,
  rows: readonly OrganizationSnapshot[],
): Promise<void> {
  const { installed, waiting } = organizations;
  expect(await everyRow(copy, organizations)).toEqual(rows);
  expect(await applyMigrations(copy.url)).toEqual([]);
  expect(await schemaDrift(copy.url)).toBe('');

  const { orgId, alpha } = installed;
  const agentId = platformAgentId(orgId);
  for (const [sql, values, constraint] of [
    [`insert into workspaces (org_id, name) values ($1, 'Second')`, [orgId], 'workspaces_sole_root_fkey'],
    [
      `insert into workspaces (org_id, name, kind, tier) values ($1, 'Second', 'platform', 0)`,
      [orgId],
      'uniq_workspaces_one_platform_root',
    ],
    [
      `insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by) values ($1, $2, 'mail', 'ann')`,
      [orgId, alpha],
      'org_plugin_allowlist_root_fkey',
    ],
  ] as const) {
    await expect(copy.query(sql, [...values])).rejects.toMatchObject({ constraint });
  }
  const generated = 'select root_id, open_root from workspaces where org_id = $1 and id = $2';
  expect(await copy.query(generated, [orgId, agentId])).toEqual([{ root_id: agentId, open_root: null }]);

  const app = await startApp({ DATABASE_URL: copy.url, OPERATOR_TOKEN: operatorToken });
  try {
    await install(app, waiting);
  } finally {
    await app.stop();
  }
  await expectState(copy, waiting, asInstalled);
  expect((await everyRow(copy, organizations))[2]).toEqual(rows[2]);
}
