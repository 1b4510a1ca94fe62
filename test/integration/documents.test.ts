import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readAnchors } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let alpha: string;
let beta: string;
let worker: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  alpha = await insertRoot(database, orgId, { name: 'Alpha' });
  beta = await insertRoot(database, orgId, { name: 'Beta' });
  worker = await insertWorkspace(database, orgId, { name: 'Worker', parentId: alpha });
});

test('each mutation of a document answers with what it has made true itself', async () => {
  const document = `
    fragment Place on Workspace {
      parent { name }
      ancestors { name }
      root { name descendants { totalCount } }
      organization { statusCounts { online offline } }
    }
    mutation ($orgId: ID!, $worker: ID!, $alpha: ID!, $beta: ID!) @sequential {
      there: moveWorkspace(orgId: $orgId, id: $worker, parentId: $beta) { ...Place }
      alive: recordHeartbeat(orgId: $orgId, workspaceId: $worker) { ...Place }
      more: createWorkspace(orgId: $orgId, name: "More", parentId: $worker) { ...Place }
      back: moveWorkspace(orgId: $orgId, id: $worker, parentId: $alpha) { ...Place }
    }`;
  const place = (root: string, path: string[], totalCount: number, online: number, offline: number) => ({
    parent: { name: path[0] },
    ancestors: path.map((name) => ({ name })),
    root: { name: root, descendants: { totalCount } },
    organization: { statusCounts: { online, offline } },
  });
  expect(await api.expectData(document, { orgId, worker, alpha, beta })).toEqual({
    there: place('Beta', ['Beta'], 1, 0, 3),
    alive: place('Beta', ['Beta'], 1, 1, 2),
    more: place('Beta', ['Worker', 'Beta'], 2, 1, 3),
    back: place('Alpha', ['Alpha'], 2, 1, 3),
  });
});

test.each([
  ['fields', `{ ${'a { '.repeat(5_000)}`],
  ['lists', `{ organization(id: ${'['.repeat(60_000)}`],
])('%s that nest too deep are refused with a code', async (_, document) => {
  const { errors } = await api.execute(document);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 200 });
});

test.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59'])(
  'the time %s, which is outside of what can be stored, is bad input',
  async (expiresAt) => {
    const before = await readAnchors(database, orgId);
    const error = await refuse(
      api,
      'createApiToken',
      { orgId, rootId: alpha, name: 'Odd', expiresAt },
      '{ apiToken { id } }',
    );
    expect(error.extensions.code).toBe('BAD_USER_INPUT');
    expect(error.message).toContain('expiresAt');
    expect(await readAnchors(database, orgId)).toEqual(before);
  },
);

test.each([
  ['pluginAllowed', 'query ($orgId: ID!, $id: ID!) { pluginAllowed(orgId: $orgId, workspaceId: $id, plugin: "x") }'],
  ['recordHeartbeat', 'mutation ($orgId: ID!, $id: ID!) { recordHeartbeat(orgId: $orgId, workspaceId: $id) { id } }'],
  [
    'recordHeartbeats',
    'mutation ($orgId: ID!, $id: ID!) { recordHeartbeats(orgId: $orgId, heartbeats: [{ workspaceId: $id }]) }',
  ],
])('%s tells an organization that is not there from a workspace that is not', async (_, document) => {
  const { errors } = await api.execute(document, { orgId: randomUUID(), id: worker });
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['ORGANIZATION_NOT_FOUND']);
});

test('a token may be made while others are used', async () => {
  const { token } = await insertToken(database, orgId, alpha);
  const made = await mutate(api, 'createApiToken', { orgId, rootId: beta, name: 'Second' }, '{ token }', token);
  expect(await api.expectData('{ viewer { organization { id } } }', {}, made.token)).toEqual({
    viewer: { organization: { id: orgId } },
  });
});
