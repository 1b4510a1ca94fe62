import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { FollowOrganizationDocument } from '../generated/documents.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { createContractApi } from './operations.ts';

const database = await createTestDatabase();
const api = createContractApi(database, 'organization-events');
watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = randomUUID();
  await insertOrganization(database, { id: orgId });
  rootId = await insertRoot(database, orgId);
});

/** The updates from the next one on until one has something to tell of this. */
async function nextWith(next: Awaited<ReturnType<typeof follow>>, what: 'events' | 'states') {
  for (;;) {
    const { organizationEvents } = await next();
    if (organizationEvents[what].length > 0) return organizationEvents;
  }
}

const follow = (more: { after?: string; includeHeartbeats?: boolean } = {}) =>
  api.follow(FollowOrganizationDocument, { orgId, ...more });

test('a client is told what it needs to show the tree as it has become', async () => {
  const next = await follow();
  const first = (await next()).organizationEvents;
  expect(first).toMatchObject({ id: expect.stringMatching(/^0-\d+$/), events: [], states: [] });
  // The id ends with the same moment, in microseconds.
  expect(first.id.slice(2, -3)).toBe(String(Date.parse(first.judgedAt)));

  const { id } = await mutate(api, 'createWorkspace', { orgId, name: 'Worker', parentId: rootId });
  const { events, states } = await nextWith(next, 'events');
  expect(events).toEqual([
    {
      seq: '1',
      type: 'workspace.created',
      actor: 'operator',
      subjectId: id,
      data: expect.objectContaining({ name: 'Worker' }),
      createdAt: expect.any(String),
    },
  ]);
  expect(states).toEqual([
    {
      workspaceId: id,
      status: 'OFFLINE',
      statusMessage: 'No heartbeat has been received yet.',
      lastHeartbeatAt: null,
      workspace: {
        id,
        name: 'Worker',
        kind: 'WORKSPACE',
        status: 'OFFLINE',
        statusMessage: 'No heartbeat has been received yet.',
        lastHeartbeatAt: null,
        runtime: 'claude-code',
        tier: 1,
        pluginPolicy: 'ALLOW_ALL',
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        parent: { id: rootId },
      },
    },
  ]);
});

test('a client that was away goes on where it was', async () => {
  const before = await follow();
  const { id: after } = (await before()).organizationEvents;
  await mutate(api, 'renameWorkspace', { orgId, id: rootId, name: 'Renamed' });
  await mutate(api, 'recordHeartbeat', { orgId, workspaceId: rootId, message: 'Ready' });
  const { events, states } = (await (await follow({ after }))()).organizationEvents;
  expect(events).toMatchObject([{ seq: '1', type: 'workspace.renamed', data: { to: 'Renamed' } }]);
  expect(states).toMatchObject([{ status: 'ONLINE', statusMessage: 'Ready', workspace: { name: 'Renamed' } }]);
});

test('a client that shows when agents were last heard asks for that', async () => {
  await mutate(api, 'recordHeartbeat', { orgId, workspaceId: rootId });
  const next = await follow({ includeHeartbeats: true });
  await next();
  const { lastHeartbeatAt } = await mutate(
    api,
    'recordHeartbeat',
    { orgId, workspaceId: rootId },
    '{ lastHeartbeatAt }',
  );
  expect((await nextWith(next, 'states')).states).toMatchObject([
    { workspaceId: rootId, status: 'ONLINE', lastHeartbeatAt },
  ]);
});

test('every operation of organization-events.graphql was run', api.expectAllWereRun);
