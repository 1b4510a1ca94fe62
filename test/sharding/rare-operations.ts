import { randomUUID } from 'node:crypto';
import { inTransaction } from '../../src/database/transaction.ts';
import { countOrganizations, readOrganizationPage } from '../../src/platform-agent/backfill.sql.ts';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { countStaleAgents } from '../../src/workspaces/stale-agents.sql.ts';
import type { TestApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';
import { insertOrganization, insertPlatformAgent, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';

/** Everything of the tree of many workspaces and of many organizations at once, from the middle of lists. */
const wide = `query ($orgId: ID!, $id: ID!, $workspace: String!, $organization: String!) {
  workspace(orgId: $orgId, id: $id) { ...Place }
  organization(id: $orgId) {
    workspaces(first: 3) { totalCount edges { node { ...Place } } }
    ...Twice
    events(first: 5) { edges { node { workspace { ...Place } } } }
  }
  first: organizations(first: 3) { edges { node { ...All } } }
  next: organizations(first: 3, after: $organization) { edges { node { ...All } } }
}
fragment Twice on Organization {
  twice: workspaces(first: 3, after: $workspace) { edges { node { name } } }
  twice: workspaces(first: 3, after: $workspace) { edges { node { children(first: 2) { totalCount } } } }
}
fragment Place on Workspace {
  status
  root { name }
  ancestors { name }
  organization { name }
  descendants(first: 2) { totalCount }
  parent { children(first: 2, after: $workspace) { totalCount edges { node { status } } } }
}
fragment All on Organization {
  statusCounts { online }
  platformAgent { status installation { installedAt } }
  roots { status children(first: 2) { totalCount } }
  workspaces(first: 2, status: [ONLINE]) { totalCount edges { node { status } } }
  pluginAllowlist { plugin root { name } }
  apiTokens { prefix root { name } }
  events(first: 2) { totalCount edges { node { type } } }
}`;

/** Runs what no operation of a client comes to by itself, each on an organization of its own. */
export async function runRareOperations(api: TestApi, database: TestDatabase): Promise<void> {
  await readWidely(api, database);
  await replaceAgent(api, database);
  await meetNamesake(api, database);
  await beatWithoutRows(api, database);
  await beatTogether(api, database);
  await moveRoot(api, database);
  await pageThrough(api);
  await countStaleAgents(api.prisma);
}

async function readWidely(api: TestApi, database: TestDatabase): Promise<void> {
  const orgId = await insertOrganization(database);
  const root = await insertRoot(database, orgId);
  const branch = await insertWorkspace(database, orgId, { parentId: root });
  const id = await insertWorkspace(database, orgId, { parentId: branch });
  await mutate(api, 'renameWorkspace', { orgId, id, name: 'Leaf' });
  await mutate(api, 'renameWorkspace', { orgId, id: branch, name: 'Branch' });
  const cursors = `{
    organization(id: "${orgId}") { workspaces(first: 1) { edges { cursor } } }
    organizations(first: 1) { edges { cursor } }
  }`;
  const { organization, organizations } = await api.expectData(cursors);
  const [workspace, other] = [organization.workspaces.edges[0].cursor, organizations.edges[0].cursor];
  await api.expectData(wide, { orgId, id, workspace, organization: other });
}

/** An agent under another id, of the very name, in an organization that was closed. */
async function replaceAgent(api: TestApi, database: TestDatabase): Promise<void> {
  const orgId = await insertOrganization(database, { openRoots: false });
  await insertPlatformAgent(database, orgId, { id: randomUUID() });
  await mutate(api, 'installPlatformAgent', { orgId });
}

async function meetNamesake(api: TestApi, database: TestDatabase): Promise<void> {
  const orgId = await insertOrganization(database);
  const agentId = await insertRoot(database, orgId, { id: platformAgentId(orgId), name: 'Acme Agent' });
  await insertWorkspace(database, orgId, { parentId: agentId, name: 'Twin' });
  await insertRoot(database, orgId, { name: 'Twin' });
  await refuse(api, 'installPlatformAgent', { orgId });
}

async function beatWithoutRows(api: TestApi, database: TestDatabase): Promise<void> {
  const orgId = await insertOrganization(database);
  const [one, other] = [
    await insertRoot(database, orgId, { heartbeat: false }),
    await insertRoot(database, orgId, { heartbeat: false }),
  ];
  await mutate(api, 'recordHeartbeat', { orgId, workspaceId: one });
  await mutate(api, 'recordHeartbeats', { orgId, heartbeats: [{ workspaceId: other }] }, '');
}

async function moveRoot(api: TestApi, database: TestDatabase): Promise<void> {
  const orgId = await insertOrganization(database);
  const parentId = await insertRoot(database, orgId);
  await mutate(api, 'moveWorkspace', { orgId, id: await insertRoot(database, orgId), parentId });
}

/** What is done together, of two organizations. */
async function beatTogether(api: TestApi, database: TestDatabase): Promise<void> {
  const orgIds = [await insertOrganization(database), await insertOrganization(database)];
  const beats = orgIds.map(async (orgId) => ({ orgId, workspaceId: await insertRoot(database, orgId) }));
  const variables = await Promise.all(beats);
  await Promise.all(variables.map((beat) => mutate(api, 'recordHeartbeat', beat)));
}

/** What the backfill reads beside its installs. */
async function pageThrough({ prisma }: TestApi): Promise<void> {
  await inTransaction(prisma, (tx) => countOrganizations(tx, 1_000));
  const [first] = await readOrganizationPage(prisma, undefined, 1);
  await readOrganizationPage(prisma, first?.id, 1);
}
