import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let alpha: string;
beforeEach(async () => {
  const created = await api.expectData('mutation { createOrganization(name: "Acme") { id } }');
  orgId = created.createOrganization.id;
  alpha = (await mutate(api, 'createWorkspace', { orgId, name: 'Alpha' })).id;
});

const document = `query ($orgId: ID!) {
  organization(id: $orgId) { events(first: 100) { edges { node { type workspace { id name status } } } } }
}`;

/** The events of the organization, newest first: their types, and the names of their workspaces. */
async function listed(): Promise<string[]> {
  const { organization } = await api.expectData(document, { orgId });
  return organization.events.edges.map(
    ({ node }: { node: { type: string; workspace: { name: string } | null } }) =>
      `${node.type}: ${node.workspace?.name ?? null}`,
  );
}

/** Writes an event as a foreign writer might. */
async function insertEvent(type: string, subjectId: string | null): Promise<void> {
  await database.query(
    `with counted as (update organizations set event_seq = event_seq + 1 where id = $1 returning event_seq)
     insert into org_events (org_id, seq, type, actor, subject_id) select $1, event_seq, $2, 'fixture', $3 from counted`,
    [orgId, type, subjectId],
  );
}

describe('the workspace of an event', () => {
  test('is the one that it happened to, under the name that it has now', async () => {
    const worker = await mutate(api, 'createWorkspace', { orgId, name: 'Worker', parentId: alpha });
    await mutate(api, 'renameWorkspace', { orgId, id: worker.id, name: 'Helper' });
    await mutate(api, 'allowPlugin', { orgId, plugin: 'search' }, '{ plugin }');
    await mutate(api, 'removeWorkspace', { orgId, id: worker.id });
    await install(api, orgId);
    expect(await listed()).toEqual([
      'platform_agent.installed: Acme Agent',
      'workspace.removed: Helper',
      'plugin.allowed: Alpha',
      'workspace.renamed: Helper',
      'workspace.created: Helper',
      'workspace.created: Alpha',
      'organization.created: null',
    ]);
  });

  test('is none when it happened to a token, even if a workspace has the id of that token', async () => {
    const created = await mutate(api, 'createApiToken', { orgId, name: 'CI' }, '{ apiToken { id } }');
    await insertRoot(database, orgId, { id: created.apiToken.id, name: 'Namesake' });
    expect((await listed())[0]).toBe('api_token.created: null');
  });

  test('is none when there is no such workspace in the organization', async () => {
    await insertEvent('workspace.moved', randomUUID());
    await insertEvent('workspace.moved', neighbour.childId);
    await insertEvent('workspace.moved', null);
    expect((await listed()).slice(0, 3)).toEqual(Array(3).fill('workspace.moved: null'));
  });

  test('costs no statement for an event', async () => {
    const count = async () => (await recordStatements(() => api.expectData(document, { orgId }))).length;
    const forTwo = await count();
    for (let number = 0; number < 20; number++) {
      await insertEvent('workspace.created', await insertRoot(database, orgId));
      await insertEvent('api_token.created', randomUUID());
    }
    expect(await listed()).toHaveLength(42);
    expect(await count()).toBe(forTwo);
  });

  test('is looked up in each organization of a list, all in the same statements', async () => {
    const list = (first: number) =>
      `{ organizations(first: ${first}) { edges { node { events { edges { node { workspace { name organization { id } } } } } id } } } }`;
    const other = await insertOrganization(database, { name: 'Aaa' });
    await insertRoot(database, other, { id: alpha, name: 'Other' });
    await database.query(
      `insert into org_events (org_id, seq, type, actor, subject_id) values ($1, 1, 'workspace.created', 'fixture', $2)`,
      [other, alpha],
    );
    const count = async (first: number) => (await recordStatements(() => api.expectData(list(first)))).length;
    const { organizations } = await api.expectData(list(1));
    expect(organizations.edges[0].node.events.edges).toEqual([
      { node: { workspace: { name: 'Other', organization: { id: other } } } },
    ]);
    expect(await count(3)).toBe(await count(1));
  });
});
