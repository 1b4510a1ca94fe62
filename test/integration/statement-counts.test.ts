import { expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

/** An organization with so many old roots, each with children, plugins and tokens, and installed. */
async function insertInstalled(name: string, size: number): Promise<string> {
  const orgId = await insertOrganization(database, { name });
  for (let number = 0; number < size; number++) {
    const rootId = await insertRoot(database, orgId);
    await insertWorkspace(database, orgId, { parentId: await insertWorkspace(database, orgId, { parentId: rootId }) });
    await allow(database, orgId, rootId, `plugin-${number}`);
    await insertToken(database, orgId, rootId);
  }
  await install(api, orgId);
  return orgId;
}

const node = 'id name status statusMessage lastHeartbeatAt organization { name } parent { name status }';
const documents: Record<string, string> = {
  'an organization with its tree': `query ($orgId: ID!) {
    organization(id: $orgId) {
      name
      platformAgent { ${node.replace('parent { name status }', '')} installation { adoptedWorkspaces { name status } previouslyOpenRoots { name } } }
      roots { ${node} children(first: 50) { totalCount edges { node { ${node} children { totalCount edges { node { ${node} } } } } } } }
      pluginAllowlist { plugin root { name status } }
      apiTokens { prefix root { name } }
      events { edges { node { type data workspace { name status } } } }
      statusCounts { online offline removed }
    }
  }`,
  'a list of workspaces with where they stand': `query ($orgId: ID!) {
    organization(id: $orgId) {
      workspaces(first: 100, status: [OFFLINE, ONLINE]) {
        totalCount
        edges { node { ${node} root { name } ancestors { name status } descendants(first: 5) { totalCount edges { node { name status } } } pluginAllowlist { plugin } apiTokens { prefix root { name } } } }
      }
    }
  }`,
  'an install that is repeated': `mutation ($orgId: ID!) {
    installPlatformAgent(orgId: $orgId) { ${node.replace('parent { name status }', '')} children { edges { node { ${node} } } } installation { adoptedWorkspaces { name status } } }
  }`,
};

test.each(Object.entries(documents))('%s costs no statement for a row', async (_, document) => {
  const small = await insertInstalled('Small', 2);
  const large = await insertInstalled('Large', 12);
  const count = async (orgId: string) => (await recordStatements(() => api.expectData(document, { orgId }))).length;
  const forSmall = await count(small);
  expect(forSmall).toBeGreaterThan(0);
  // It has ten rows more. Rows that are asked for at the same moment share a statement, which chance may bring about or not.
  expect(await count(large)).toBeLessThan(forSmall + 3);
});

test('a list of organizations costs no statement for one of them', async () => {
  const document = (first: number) => `{
    organizations(first: ${first}) {
      totalCount
      edges { node { name installed platformAgent { name status } statusCounts { online offline } roots { name status } apiTokens { prefix } workspaces(first: 3) { totalCount edges { node { name status } } } } }
    }
  }`;
  for (const name of ['One', 'Two', 'Three', 'Four', 'Five']) {
    await insertRoot(database, await insertOrganization(database, { name }));
  }
  const count = async (first: number) => (await recordStatements(() => api.expectData(document(first)))).length;
  const forOne = await count(1);
  expect(await count(6)).toBe(forOne);
});
