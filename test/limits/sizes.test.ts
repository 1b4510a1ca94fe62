import { beforeAll, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { exceed } from './refusals.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const generousApi = createTestApi(database, {
  limits: { maxPageSize: 150, maxWorkspacePageSize: 1_500, maxHeartbeats: 1_500 },
});

let orgId: string;
let rootId: string;
beforeAll(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Root' });
  await insertWorkspace(database, orgId, { parentId: rootId, name: 'Child' });
});

const organization = (selection: string) => `{ organization(id: "${orgId}") { ${selection} } }`;
const lists: [list: string, size: number, more: number, document: (size: number) => string][] = [
  ['organizations', 100, 150, (size) => `{ organizations(first: ${size}) { totalCount } }`],
  ['the last organizations', 100, 150, (size) => `{ organizations(last: ${size}) { totalCount } }`],
  ['events', 100, 150, (size) => organization(`events(first: ${size}) { totalCount }`)],
  ['workspaces', 1_000, 1_500, (size) => organization(`workspaces(first: ${size}) { totalCount }`)],
  ['children', 1_000, 1_500, (size) => organization(`roots { children(first: ${size}) { totalCount } }`)],
  ['descendants', 1_000, 1_500, (size) => organization(`roots { descendants(first: ${size}) { totalCount } }`)],
  [
    'what a preview lists',
    1_000,
    1_500,
    (size) => `{ platformAgentPreview(orgId: "${orgId}") { adoptedWorkspaces(first: ${size}) { name } } }`,
  ],
];

describe.each(lists)('%s', (_, size, more, document) => {
  test(`come ${size} at once, and no more`, async () => {
    await api.expectData(document(size));
    const { message, extensions } = await exceed(api, document(size + 1));
    expect(message).toMatch(new RegExp(`must be at most ${size}`));
    expect(extensions).toMatchObject({ limit: size });
  });

  test('come as many as are set', async () => {
    await generousApi.expectData(document(more));
    expect((await exceed(generousApi, document(more + 1))).extensions).toMatchObject({ limit: more });
  });
});

test('a mutation whose answer would hold too many of a list is not carried out', async () => {
  const document = `mutation { createApiToken(orgId: "${orgId}", name: "lost", rootId: "${rootId}") {
    token apiToken { root { descendants(first: 1001) { totalCount } } } } }`;
  expect((await exceed(api, document)).extensions).toMatchObject({ argument: 'first', limit: 1_000 });
  expect(await database.query('select from org_api_tokens where org_id = $1', [orgId])).toEqual([]);
});

const record = `mutation ($orgId: ID!, $heartbeats: [HeartbeatInput!]!) { recordHeartbeats(orgId: $orgId, heartbeats: $heartbeats) }`;
const beats = (count: number) => ({
  orgId,
  heartbeats: Array.from({ length: count }, () => ({ workspaceId: rootId })),
});
const readHeard = () =>
  database.query('select from workspace_heartbeats where org_id = $1 and last_seen_at is not null', [orgId]);

test('a batch of one heartbeat too many records none, and one of as many as are set is recorded', async () => {
  expect((await exceed(api, record, beats(1_001))).extensions).toEqual({
    code: 'LIMIT_EXCEEDED',
    argument: 'heartbeats',
    limit: 1_000,
  });
  await exceed(generousApi, record, beats(1_501));
  expect(await readHeard()).toEqual([]);
  expect(await api.expectData(record, beats(1_000))).toEqual({ recordHeartbeats: 1 });
  expect(await generousApi.expectData(record, beats(1_500))).toEqual({ recordHeartbeats: 1 });
  expect(await readHeard()).toHaveLength(1);
});
