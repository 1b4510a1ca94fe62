import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
/** The organization that the caller must not see. */
const neighbour = watchNeighbour(database);

let ownId: string;
let rootId: string;
let token: string;
beforeAll(async () => {
  ownId = await insertOrganization(database, { name: 'Own' });
  rootId = await insertRoot(database, ownId, { name: 'Alpha' });
  await insertWorkspace(database, ownId, { parentId: rootId, name: 'Worker' });
  ({ token } = await insertToken(database, ownId, rootId));
  await insertPlatformAgent(database, neighbour.orgId);
});

/** What a field that takes an organization's id is asked: that organization, and ids of what is in it. */
interface Ids {
  orgId: string;
  rootId: string;
  otherRootId: string;
  childId: string;
  removedId: string;
  tokenId: string;
}

/** Every field of Query and Mutation that takes an organization's id, called for what is there. */
const calls: Record<string, (ids: Ids) => string> = {
  organization: ({ orgId }) => `{ organization(id: "${orgId}") { id name roots { id } } }`,
  platformAgent: ({ orgId }) => `{ platformAgent(orgId: "${orgId}") { id } }`,
  platformAgentPreview: ({ orgId }) => `{ platformAgentPreview(orgId: "${orgId}") { outcome } }`,
  workspace: ({ orgId, childId }) => `{ workspace(orgId: "${orgId}", id: "${childId}") { id parent { id } } }`,
  pluginAllowed: ({ orgId, childId }) =>
    `{ pluginAllowed(orgId: "${orgId}", workspaceId: "${childId}", plugin: "search") }`,
  installPlatformAgent: ({ orgId }) => `mutation { installPlatformAgent(orgId: "${orgId}") { id } }`,
  createWorkspace: ({ orgId, rootId }) =>
    `mutation { createWorkspace(orgId: "${orgId}", name: "New", parentId: "${rootId}") { id } }`,
  moveWorkspace: ({ orgId, childId, otherRootId }) =>
    `mutation { moveWorkspace(orgId: "${orgId}", id: "${childId}", parentId: "${otherRootId}") { id } }`,
  renameWorkspace: ({ orgId, childId }) =>
    `mutation { renameWorkspace(orgId: "${orgId}", id: "${childId}", name: "New") { id } }`,
  removeWorkspace: ({ orgId, childId }) => `mutation { removeWorkspace(orgId: "${orgId}", id: "${childId}") { id } }`,
  restoreWorkspace: ({ orgId, removedId }) =>
    `mutation { restoreWorkspace(orgId: "${orgId}", id: "${removedId}") { id } }`,
  recordHeartbeat: ({ orgId, childId }) =>
    `mutation { recordHeartbeat(orgId: "${orgId}", workspaceId: "${childId}") { id } }`,
  recordHeartbeats: ({ orgId, childId }) =>
    `mutation { recordHeartbeats(orgId: "${orgId}", heartbeats: [{ workspaceId: "${childId}" }]) }`,
  reportProvisioning: ({ orgId, childId }) =>
    `mutation { reportProvisioning(orgId: "${orgId}", workspaceId: "${childId}", state: FAILED) { id } }`,
  allowPlugin: ({ orgId, rootId }) =>
    `mutation { allowPlugin(orgId: "${orgId}", plugin: "new", rootId: "${rootId}") { plugin } }`,
  disallowPlugin: ({ orgId, rootId }) =>
    `mutation { disallowPlugin(orgId: "${orgId}", plugin: "search", rootId: "${rootId}") }`,
  setPluginPolicy: ({ orgId, rootId }) =>
    `mutation { setPluginPolicy(orgId: "${orgId}", policy: ALLOW_LISTED, rootId: "${rootId}") { id } }`,
  createApiToken: ({ orgId, rootId }) =>
    `mutation { createApiToken(orgId: "${orgId}", name: "New", rootId: "${rootId}") { token } }`,
  revokeApiToken: ({ orgId, tokenId }) => `mutation { revokeApiToken(orgId: "${orgId}", id: "${tokenId}") { id } }`,
};
/** Those that take none, and their own tests. */
const unbound = {
  organizations: '{ organizations { totalCount } }',
  viewer: '{ viewer { kind } }',
  createOrganization: 'mutation { createOrganization(name: "New") { id } }',
};

const idsOfNeighbour = (): Ids => ({
  ...neighbour,
  rootId: neighbour.rootIds[0],
  otherRootId: neighbour.rootIds[1],
});
const idsOfNothing = (): Ids => ({
  orgId: randomUUID(),
  rootId: randomUUID(),
  otherRootId: randomUUID(),
  childId: randomUUID(),
  removedId: randomUUID(),
  tokenId: randomUUID(),
});

/** The answer, with every id replaced by what it is the id of. */
async function answerTo(call: (ids: Ids) => string, ids: Ids): Promise<unknown> {
  const { requestId: _, ...answer } = await api.execute(call(ids), {}, token);
  let text = JSON.stringify(answer);
  for (const [role, id] of Object.entries(ids)) text = text.replaceAll(id, role);
  return JSON.parse(text);
}

test('every field of the schema is covered here', () => {
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  expect([...Object.keys(calls), ...Object.keys(unbound)].sort()).toEqual(fields.sort());
});

describe.each(Object.entries(calls))('%s', (name, call) => {
  test('answers the same for the organization of another as for one that does not exist', async () => {
    const answer = await answerTo(call, idsOfNeighbour());
    expect(answer).toEqual(await answerTo(call, idsOfNothing()));
    if (['organization', 'platformAgent', 'workspace'].includes(name)) {
      expect(answer).toEqual({ status: 200, data: { [name]: null } });
    } else {
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'ORGANIZATION_NOT_FOUND', orgId: 'orgId' } }] });
    }
  });

  test('does not find what is in the organization of another under the id of its own', async () => {
    const own = (ids: Ids) => call({ ...ids, orgId: ownId });
    if (['organization', 'platformAgent', 'platformAgentPreview', 'installPlatformAgent'].includes(name)) return;
    const before = await snapshotOrganization(database, ownId);
    const answer = await answerTo(own, idsOfNeighbour());
    expect(answer).toEqual(await answerTo(own, idsOfNothing()));
    if (name === 'workspace') expect(answer).toEqual({ status: 200, data: { workspace: null } });
    else if (name === 'recordHeartbeats') expect(answer).toEqual({ status: 200, data: { recordHeartbeats: 0 } });
    else expect(answer).toMatchObject({ errors: [{ extensions: { code: expect.stringMatching(/_NOT_FOUND$/) } }] });
    expect(await snapshotOrganization(database, ownId)).toMatchObject({ ...before, org_api_tokens: expect.anything() });
  });
});

describe('without a token', () => {
  test.each([...Object.keys(calls), ...Object.keys(unbound)])('%s is refused', async (name) => {
    const document = calls[name]?.(idsOfNeighbour()) ?? unbound[name as keyof typeof unbound];
    const { status, data, errors } = await api.execute(document, {}, null);
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(data?.[name] ?? null).toBeNull();
  });

  test('not even the schema may be read', async () => {
    const { status, data, errors } = await api.execute('{ __schema { queryType { name } } }', {}, null);
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(data).toBeUndefined();
  });
});

test('only the operator creates organizations: a token is refused, whether the id is free or taken', async () => {
  const before = await database.query('select count(*) from organizations');
  for (const id of [neighbour.orgId, ownId, randomUUID()]) {
    const { errors } = await api.execute(
      `mutation { createOrganization(name: "Acme", id: "${id}") { id } }`,
      {},
      token,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  }
  expect(await database.query('select count(*) from organizations')).toEqual(before);
});
