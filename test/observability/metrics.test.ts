import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { codeOf } from '../../src/metrics/operations.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { recordStatements } from '../support/statements.ts';
import { errors, operations, requests, startMetered } from './metered-server.ts';
import { metricsUrl } from './metrics-client.ts';

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);
const server = startMetered(database);

const durations = (type: string, field: string) =>
  ['taproot_graphql_operation_duration_seconds_count', { type, field }] as const;
const installs = (outcome: string) => ['taproot_installs_total', { outcome }] as const;
const heartbeats = (mode: string) => ['taproot_heartbeats_recorded_total', { mode }] as const;

test('requests are counted by method and status, with how long each took', async () => {
  await server.app.fetch('/health');
  await server.app.execute('{ viewer { __typename } }');
  await server.app.execute('{ viewer { __typename } }', {}, 'not-a-token');
  await server.app.fetch('/graphql', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
  await server.app.fetch('/', { method: 'PUT' });
  await server.expectGrowth(
    [...requests('GET', '200'), 1],
    [...requests('POST', '200'), 1],
    [...requests('POST', '401'), 1],
    [...requests('POST', '415'), 1],
    [...requests('other', '404'), 1],
    ['taproot_http_request_duration_seconds_count', { method: 'POST', status: '200' }, 1],
    ['taproot_http_request_duration_seconds_bucket', { method: 'POST', status: '200', le: '+Inf' }, 1],
  );
});

test('operations are counted by root field, under the names of the schema', async () => {
  const { orgId } = server;
  await server.app.expectData(
    'query Q { mine: viewer { __typename } viewer { __typename } organizations { totalCount } }',
  );
  await server.app.expectData('query { ...All } fragment All on Query { ... { viewer { __typename } } }');
  await mutate(server.app, 'createWorkspace', { orgId, name: 'One' });
  await server.expectGrowth(
    [...operations('query', 'viewer'), 2],
    [...operations('query', 'organizations'), 1],
    [...operations('mutation', 'createWorkspace'), 1],
    [...durations('query', 'viewer'), 2],
    [...durations('mutation', 'createWorkspace'), 1],
    ['taproot_graphql_operation_duration_seconds_bucket', { type: 'query', field: 'viewer', le: '+Inf' }, 2],
  );
});

test('no word of a client becomes a label: neither names, ids, codes nor methods', async () => {
  const { orgId } = server;
  const hostile = `Hostile${randomUUID().replaceAll('-', '')}`;
  await server.app.expectData(`query ${hostile} { ${hostile}: viewer { __typename } }`);
  await server.app.execute(`query ${hostile} { ${hostile} }`);
  await server.app.execute(`{ viewer { __typename }`, {}, hostile);
  await server.app.execute(`query ($id: ID!) { ${hostile}: organization(id: $id) { name } }`, { id: orgId });
  await refuse(server.app, 'createWorkspace', { orgId: randomUUID(), name: hostile });
  await server.app.fetch(`/${hostile}`, { headers: { 'x-request-id': hostile } });
  await server.expectGrowth([...requests('GET', '404'), 1], [...operations('query', 'viewer'), 1]);
  const { text } = await server.read();
  expect(text).not.toContain(hostile);
  expect(text).not.toContain(orgId);
  expect(text).not.toContain(neighbour.orgId);
});

test('errors are counted by code, each of an answer', async () => {
  await server.app.execute('{ viewer { __typename } }', {}, 'not-a-token');
  await server.app.execute('{ nonsense }');
  const two = `query ($id: ID!) {
    a: pluginAllowed(orgId: $id, workspaceId: $id, plugin: "x")
    b: pluginAllowed(orgId: $id, workspaceId: $id, plugin: "y")
  }`;
  const { errors: told } = await server.app.execute(two, { id: randomUUID() });
  expect(told?.map(({ extensions }) => extensions.code)).toEqual(['ORGANIZATION_NOT_FOUND']);
  await server.expectGrowth(
    [...errors('UNAUTHENTICATED'), 1],
    [...errors('BAD_USER_INPUT'), 1],
    [...errors('ORGANIZATION_NOT_FOUND'), 1],
    [...errors('INTERNAL_SERVER_ERROR'), 0],
  );
});

test('an error whose code is none of the closed set counts as unexpected', () => {
  expect(codeOf(new GraphQLError('x', { extensions: { code: 'NAME_CONFLICT' } }))).toBe('NAME_CONFLICT');
  expect(codeOf(new GraphQLError('x', { extensions: { code: 'SOMETHING_ELSE' } }))).toBe('INTERNAL_SERVER_ERROR');
  expect(codeOf(new GraphQLError('x'))).toBe('INTERNAL_SERVER_ERROR');
});

test('installs are counted by what they come to', async () => {
  const { orgId } = server;
  const taken = await insertOrganization(database);
  await insertRoot(database, taken, { name: 'Acme Agent' });
  const document = `mutation ($orgId: ID!, $taken: ID!) @sequential {
    first: installPlatformAgent(orgId: $orgId) { id }
    again: installPlatformAgent(orgId: $orgId) { id installation { installedBy } }
    last: installPlatformAgent(orgId: $taken) { id }
  }`;
  const { errors: told } = await server.app.execute(document, { orgId, taken });
  expect(told?.map(({ extensions }) => extensions.code)).toEqual(['NAME_CONFLICT']);
  await refuse(server.app, 'installPlatformAgent', { orgId: randomUUID() });
  await refuse(server.app, 'createWorkspace', { orgId: randomUUID(), name: 'No install' });
  await server.expectGrowth(
    [...installs('installed'), 1],
    [...installs('already_installed'), 1],
    [...installs('NAME_CONFLICT'), 1],
    [...installs('ORGANIZATION_NOT_FOUND'), 1],
  );
});

test('heartbeats are counted as they are recorded, and cost no statement more', async () => {
  const { orgId } = server;
  const [one, other] = [await insertRoot(database, orgId), await insertRoot(database, orgId)];
  const sent = await recordStatements(() => mutate(server.app, 'recordHeartbeat', { orgId, workspaceId: one }));
  expect(sent).toHaveLength(1);
  const beats = [one, other, randomUUID()].map((workspaceId) => ({ workspaceId }));
  expect(await mutate(server.app, 'recordHeartbeats', { orgId, heartbeats: beats }, '')).toBe(2);
  await refuse(server.app, 'recordHeartbeat', { orgId, workspaceId: randomUUID() });
  const { workspace_heartbeats: rows } = await snapshotOrganization(database, orgId);
  expect(rows).toHaveLength(2);
  await server.expectGrowth([...heartbeats('single'), 1], [...heartbeats('batch'), 2]);
});

test('every metric of ours is named as Prometheus has it, and says what it means', async () => {
  const { text } = await server.read();
  const types = [...text.matchAll(/^# TYPE (taproot_\w+) (\w+)$/gm)];
  expect(types.length).toBeGreaterThan(12);
  for (const [, name = '', type] of types) {
    expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.+\\.$`, 'm'));
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  }
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).toMatch(/taproot_build_info\{version="\d+\.\d+\.\d+",node_version="v\d+\.\d+\.\d+"\} 1/);
});

test('metrics are served at their own port alone, and nothing else is there', async () => {
  const url = metricsUrl(server.app.logged);
  expect((await server.app.fetch('/metrics')).status).toBe(404);
  expect((await fetch(url.replace('/metrics', '/graphql'))).status).toBe(404);
  const post = await fetch(url, { method: 'POST' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await fetch(url)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
});
