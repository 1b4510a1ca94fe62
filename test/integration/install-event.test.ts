import { expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { failInstall, install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readEvents, readOrganization } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

test('the event of an install tells what it did', async () => {
  const orgId = await insertOrganization(database, { name: 'Acme' });
  const agentId = platformAgentId(orgId);
  const alpha = await insertRoot(database, orgId, { name: 'Alpha' });
  const beta = await insertRoot(database, orgId, { name: 'Beta', pluginPolicy: 'allow_listed' });
  for (const rootId of [alpha, beta]) {
    await allow(database, orgId, rootId, 'search');
    await insertToken(database, orgId, rootId);
  }
  await allow(database, orgId, beta, 'browser');
  const { id: tokenId, token } = await insertToken(database, orgId, beta);

  await install(api, orgId, { token });
  expect(await readEvents(database, orgId)).toEqual([
    {
      seq: 1,
      type: 'platform_agent.installed',
      actor: `token:${tokenId}`,
      subjectId: agentId,
      data: {
        adoptedWorkspaces: [alpha, beta].sort(),
        demotedAgent: null,
        movedTokens: 3,
        mergedPlugins: ['browser', 'search'],
        duplicatePlugins: ['search'],
        previouslyOpenRoots: [alpha],
      },
    },
  ]);
});

test('events are numbered without a gap, and neither a refused nor a repeated change takes a number', async () => {
  const created = await api.expectData('mutation { createOrganization(name: "Acme") { id } }');
  const orgId: string = created.createOrganization.id;
  const createRoot = (name: string) =>
    api.expectData('mutation ($orgId: ID!, $name: String!) { createWorkspace(orgId: $orgId, name: $name) { id } }', {
      orgId,
      name,
    });
  const root = await createRoot('Acme Agent');
  await failInstall(api, orgId);
  await createRoot('Alpha');
  await install(api, orgId, { name: 'Head' });
  await install(api, orgId, { name: 'Head' });
  await api.expectData(
    'mutation ($orgId: ID!, $id: ID!) { renameWorkspace(orgId: $orgId, id: $id, name: "Old") { id } }',
    {
      orgId,
      id: root.createWorkspace.id,
    },
  );

  const events = await readEvents(database, orgId);
  expect(events.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
    '1 organization.created',
    '2 workspace.created',
    '3 workspace.created',
    '4 platform_agent.installed',
    '5 workspace.renamed',
  ]);
  expect(await readOrganization(database, orgId)).toMatchObject({ eventSeq: 5 });
});

test('the event and its time are what the agent and the list of events show', async () => {
  const orgId = await insertOrganization(database, { name: 'Acme' });
  await install(api, orgId);
  const { organization } = await api.expectData(
    `query ($orgId: ID!) {
      organization(id: $orgId) {
        platformAgent { id installation { installedAt installedBy } }
        events(first: 1) { edges { node { seq type actor subjectId createdAt data } } }
      }
    }`,
    { orgId },
  );
  const [{ node: event }] = organization.events.edges;
  expect(event).toMatchObject({
    seq: '1',
    type: 'platform_agent.installed',
    actor: 'operator',
    data: { movedTokens: 0 },
  });
  expect(organization.platformAgent).toEqual({
    id: event.subjectId,
    installation: { installedAt: event.createdAt, installedBy: event.actor },
  });
});
