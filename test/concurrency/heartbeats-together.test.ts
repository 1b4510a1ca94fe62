import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHeartbeatBatches } from '../../src/workspaces/heartbeats.ts';
import type { WorkspaceKey } from '../../src/workspaces/lineage.ts';
import type { TestApi } from '../support/api.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertRoot } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { observeStatements, recordStatements, type Statement } from '../support/statements.ts';
import { attempt, heartbeats } from './calls.ts';
import { beatOf, holdBeats, insertAgents, openServers, readMessages } from './together.ts';

const database = await createTestDatabase();
const { gate, api, shards } = await openServers(database);
const neighbour = watchNeighbour(database);
const holder = await database.connect();

/** Of three organizations. */
let agents: WorkspaceKey[];
/** One more of the first. */
let sibling: WorkspaceKey;
beforeEach(async () => {
  agents = await insertAgents(database, 3);
  const [{ orgId }] = agents as [WorkspaceKey];
  sibling = { orgId, id: await insertRoot(database, orgId) };
});
afterEach(() => holder.query('rollback'));

/** The workspace as it is once its heartbeat has said this. */
const said = (statusMessage: string | null) => (key: WorkspaceKey) => ({
  ...key,
  state: { status: 'online', statusMessage },
});

const call = (client: TestApi, { orgId, id }: WorkspaceKey) => attempt(client, heartbeats.one, { orgId, id });

/** Lets every heartbeat of the workspace fail while the work is done. */
async function failing(key: WorkspaceKey, work: () => Promise<void>): Promise<void> {
  await database.query(`create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'no' using errcode = '57014'; end $$`);
  await database.query(`create trigger refuse before update on workspace_heartbeats for each row
    when (new.workspace_id = '${key.id}') execute function refuse()`);
  await work().finally(() => database.query('drop function refuse cascade'));
}

test('heartbeats that come together are recorded in one statement, whichever their organizations', async () => {
  const beat = createHeartbeatBatches(api.prisma, false);
  const all = [...agents, sibling];
  const statements = await recordStatements(async () => {
    expect(await Promise.all(all.map((key) => beat(beatOf(key, 'alive'))))).toMatchObject(all.map(said('alive')));
  });
  expect(statements).toHaveLength(1);
  expect(await readMessages(database, all)).toEqual(all.map(() => 'alive'));
});

test('a heartbeat that has to wait does not hold up those that come after it, which share a statement', async () => {
  const beat = createHeartbeatBatches(api.prisma, false);
  await holdBeats(holder, sibling);
  const held = beat(beatOf(sibling, 'at last'));
  await waitUntilBlockedBy(holder);
  const statements = await recordStatements(async () => {
    expect(await Promise.all(agents.map((key) => beat(beatOf(key, 'alive'))))).toMatchObject(agents.map(said('alive')));
  });
  expect(statements).toHaveLength(1);
  // Read while the first still waits.
  expect(await readMessages(database, [...agents, sibling])).toEqual([...agents.map(() => 'alive'), undefined]);
  await holder.query('rollback');
  expect(await held).toMatchObject(said('at last')(sibling));
  expect(await readMessages(database, [sibling])).toEqual(['at last']);
});

describe.each([
  ['one database', api],
  ['shards', shards],
])('on %s', (_, client) => {
  test('clients of several organizations are answered while the heartbeat of another waits', async () => {
    await holdBeats(holder, sibling);
    const held = call(client, sibling);
    await waitUntilBlockedBy(holder);
    expect(await Promise.all(agents.map((key) => call(client, key)))).toEqual(agents.map(() => 'done'));
    expect(await readMessages(database, [...agents, sibling])).toEqual([...agents.map(() => null), undefined]);
    await holder.query('rollback');
    expect(await held).toBe('done');
  });

  test('of several heartbeats of a workspace that come together the last counts, and all are recorded', async () => {
    const beat = createHeartbeatBatches(client.prisma, client === shards);
    const texts = ['one', 'two', 'three'];
    const beats = texts.flatMap((text) => agents.map((key) => beat(beatOf(key, text))));
    expect(await Promise.all(beats)).toMatchObject(texts.flatMap(() => agents.map(said('three'))));
    expect(await readMessages(database, agents)).toEqual(agents.map(() => 'three'));
  });

  test('a heartbeat that fails does so alone, and those that came with it are recorded', async () => {
    const beat = createHeartbeatBatches(client.prisma, client === shards);
    const all = [...agents, sibling];
    await failing(sibling, async () => {
      const [unlucky, ...others] = await Promise.allSettled([
        beat(beatOf(sibling)),
        ...agents.flatMap((key) => [beat(beatOf(key, 'overtaken')), beat(beatOf(key, 'alive'))]),
      ]);
      expect(unlucky.status).toBe('rejected');
      const recorded = agents.flatMap((key) => [key, key].map(said('alive')));
      expect(others).toMatchObject(recorded.map((value) => ({ status: 'fulfilled', value })));
      expect(await readMessages(database, all)).toEqual([...agents.map(() => 'alive'), undefined]);
      const outcomes = await Promise.all(all.map((key) => call(client, key)));
      expect(outcomes).toEqual([...agents.map(() => 'done'), { code: 'SERVICE_UNAVAILABLE', retryable: true }]);
    });
    expect(await call(client, sibling)).toBe('done');
  });

  test('unknown and removed workspaces are refused, each in its own way, beside those that are recorded', async () => {
    const [first, second] = agents as [WorkspaceKey, WorkspaceKey];
    const gone = { orgId: first.orgId, id: await insertRoot(database, first.orgId, { lifecycle: 'removed' }) };
    const nowhere = { orgId: randomUUID(), id: first.id };
    const unknown = { orgId: first.orgId, id: randomUUID() };
    // The workspaces exist, each in an organization other than the one it is said to be of.
    const foreign = [
      { orgId: first.orgId, id: second.id },
      { orgId: first.orgId, id: neighbour.childId },
    ];
    const calls = [first, gone, unknown, nowhere, ...foreign, second];
    expect(await Promise.all(calls.map((key) => call(client, key)))).toEqual([
      'done',
      { code: 'WORKSPACE_REMOVED', workspaceId: gone.id },
      { code: 'WORKSPACE_NOT_FOUND', orgId: unknown.orgId, workspaceId: unknown.id },
      { code: 'ORGANIZATION_NOT_FOUND', orgId: nowhere.orgId },
      ...foreign.map(({ orgId, id }) => ({ code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId: id })),
      'done',
    ]);
    expect(await readMessages(database, [first, second, gone])).toEqual([null, null, undefined]);
  });

  test('heartbeats that come while the database is out of reach may be sent again, and are recorded once it is back', async () => {
    const all = [...agents, sibling];
    gate.shut();
    const outcomes = await Promise.all(all.map((key) => call(client, key)));
    expect(outcomes).toMatchObject(all.map(() => ({ code: 'SERVICE_UNAVAILABLE', retryable: true })));
    expect(await readMessages(database, all)).toEqual(all.map(() => undefined));
    gate.open();
    expect(await Promise.all(all.map((key) => call(client, key)))).toEqual(all.map(() => 'done'));
  });
});

test('a single heartbeat that fails is not tried twice', async () => {
  const [first] = agents as [WorkspaceKey];
  const beat = createHeartbeatBatches(api.prisma, false);
  await failing(first, async () => {
    const statements = await recordStatements(() => expect(beat(beatOf(first))).rejects.toThrow());
    expect(statements).toHaveLength(1);
  });
});

test('a heartbeat whose connection is cut while it waits with others is recorded all the same, and so are they', async () => {
  const beat = createHeartbeatBatches(api.prisma, false);
  const all = [...agents, sibling];
  await holdBeats(holder, sibling);
  const beats = Promise.all(all.map((key) => beat(beatOf(key, 'alive'))));
  await waitUntilBlockedBy(holder);
  await database.query(
    'select pg_terminate_backend(pid) from pg_locks where not granted and $1 = any(pg_blocking_pids(pid))',
    [holder.pid],
  );
  await holder.query('rollback');
  expect(await beats).toMatchObject(all.map(said('alive')));
  expect(await readMessages(database, all)).toEqual(all.map(() => 'alive'));
});

describe('a heartbeat that has to wait answers', () => {
  const shown = (key: WorkspaceKey) =>
    api.expectData('query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) { status } }', { ...key });

  test('the report that came meanwhile, which is the younger of the two', async () => {
    const [key] = agents as [WorkspaceKey];
    await holdBeats(holder, key);
    const answer = createHeartbeatBatches(api.prisma, false)(beatOf(key, 'alive'));
    await waitUntilBlockedBy(holder);
    await holder.query(
      `update workspace_heartbeats
       set reported_lifecycle = 'failed', reported_at = statement_timestamp(), reported_message = 'No image'
       where org_id = $1 and workspace_id = $2`,
      [key.orgId, key.id],
    );
    await holder.query('commit');
    expect(await answer).toMatchObject({ ...key, state: { status: 'failed', statusMessage: 'No image' } });
    expect(await shown(key)).toEqual({ workspace: { status: 'FAILED' } });
  });

  test('what was when it came, where its workspace is removed meanwhile: that stays removed', async () => {
    const [key] = agents as [WorkspaceKey];
    await holdBeats(holder, key);
    const answer = createHeartbeatBatches(api.prisma, false)(beatOf(key, 'alive'));
    await waitUntilBlockedBy(holder);
    await mutate(api, 'removeWorkspace', { ...key });
    await holder.query('commit');
    expect(await answer).toMatchObject(said('alive')(key));
    expect(await shown(key)).toEqual({ workspace: { status: 'REMOVED' } });
    expect(await call(api, key)).toEqual({ code: 'WORKSPACE_REMOVED', workspaceId: key.id });
  });
});

test('on shards each statement is about one organization, which it binds by "="', async () => {
  const beat = createHeartbeatBatches(shards.prisma, true);
  const sent: Statement[] = [];
  const stop = observeStatements((statement) => sent.push(statement));
  const all = [...agents, sibling];
  const answers = await Promise.all(all.map((key) => beat(beatOf(key)))).finally(stop);
  expect(answers).toMatchObject(all.map(said(null)));
  expect(sent).toHaveLength(agents.length);
  for (const { text } of sent) expect(text).toMatch(/heartbeat\.org_id = \$\d/);
  for (const { text } of sent) expect(text).not.toMatch(/org_id = any/);
  const organizations = sent.map(
    ({ values }) => new Set(values.filter((value) => agents.some(({ orgId }) => orgId === value))),
  );
  expect(organizations.map((ids) => ids.size)).toEqual([1, 1, 1]);
});
