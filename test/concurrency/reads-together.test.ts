import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { WorkspaceKey } from '../../src/workspaces/lineage.ts';
import { createWorkspaceReader } from '../../src/workspaces/workspace-rows.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { install } from '../support/install.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { observeStatements, recordStatements, type Statement } from '../support/statements.ts';
import { attempt, mutations } from './calls.ts';
import { insertAgents, openServers } from './together.ts';

const callers = 20;

const database = await createTestDatabase();
const { gate, api, shards } = await openServers(database);
const neighbour = watchNeighbour(database);
const holder = await database.connect();

/** Of three organizations. */
let agents: [WorkspaceKey, WorkspaceKey, WorkspaceKey];
beforeEach(async () => {
  agents = (await insertAgents(database, 3)) as [WorkspaceKey, WorkspaceKey, WorkspaceKey];
});

const readNames = `query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) { name status } }`;
const read = async (key: WorkspaceKey, client = api) => (await client.expectData(readNames, { ...key })).workspace;

/** Lets the status of a workspace be read only while nobody holds the latch: by statements whose snapshot is taken. */
async function withLatch(work: () => Promise<void>): Promise<void> {
  const [view] = await database.query<{ sql: string }>(`select rtrim(pg_get_viewdef('judged_workspaces'), ';') as sql`);
  await database.query(`create function pass_latch() returns boolean language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(1); return true; end $$`);
  await database.query(`create or replace view judged_workspaces as select * from (${view?.sql}) s where pass_latch()`);
  await work().finally(async () => {
    await database.query(`create or replace view judged_workspaces as ${view?.sql}`);
    await database.query('drop function pass_latch');
  });
}

test('a read that waits behind a running one does not get the answer of that one, which is older', async () => {
  const [key] = agents;
  await withLatch(async () => {
    await holder.query('select pg_advisory_lock(1)');
    const before = read(key);
    await waitUntilBlockedBy(holder);
    // It is answered, so that whoever reads from now on has to see it.
    await mutate(api, 'renameWorkspace', { ...key, name: 'Renamed' }, '{ name }');
    const after = [read(key), read(key)];
    await waitUntilBlockedBy(holder, 2);
    await holder.query('select pg_advisory_unlock(1)');
    expect((await before).name).toBe('Agent 0');
    expect((await Promise.all(after)).map(({ name }) => name)).toEqual(['Renamed', 'Renamed']);
  });
});

test.each([
  ['one database', api, false, 1],
  ['shards', shards, true, 3],
])(
  'on %s, workspaces that are read together are read right, and missing ones are missing',
  async (_, client, sharded, count) => {
    const readWorkspace = createWorkspaceReader(client.prisma, sharded);
    const [first, second, third] = agents;
    const keys = [
      first,
      { ...first, id: second.id },
      second,
      { ...third, id: neighbour.childId },
      third,
      first,
      { ...second, id: randomUUID() },
    ];
    const sent: Statement[] = [];
    const stop = observeStatements((statement) => sent.push(statement));
    const rows = await Promise.all(keys.map(readWorkspace)).finally(stop);
    expect(rows.map((row) => row && [row.orgId, row.id, row.name])).toEqual([
      [first.orgId, first.id, 'Agent 0'],
      null,
      [second.orgId, second.id, 'Agent 1'],
      null,
      [third.orgId, third.id, 'Agent 2'],
      [first.orgId, first.id, 'Agent 0'],
      null,
    ]);
    expect(sent).toHaveLength(count);
    for (const { text } of sent) expect(text).toMatch(sharded ? /org_id = \$\d/ : /org_id = any\(\$\d/);
  },
);

test.each([
  ['one database', api],
  ['shards', shards],
])('on %s, an install that many repeat at once takes few reads, and no transaction', async (_, client) => {
  const [{ orgId }] = agents;
  await install(client, orgId);
  const statements = await recordStatements(async () => {
    const outcomes = Array.from({ length: callers }, () => attempt(client, mutations.install, { orgId }));
    expect(await Promise.all(outcomes)).toEqual(Array(callers).fill('done'));
  });
  expect(statements.length).toBeLessThan(callers / 2);
  for (const statement of statements) expect(statement).toMatch(/^\s*select/);
});

test('reads that come while the database is out of reach may be tried again, and are answered once it is back', async () => {
  gate.shut();
  const outcomes = await Promise.all(agents.map((key) => attempt(api, readNames, { ...key })));
  expect(outcomes).toEqual(agents.map(() => ({ code: 'SERVICE_UNAVAILABLE', retryable: true })));
  gate.open();
  expect(await Promise.all(agents.map((key) => read(key)))).toEqual(
    ['Agent 0', 'Agent 1', 'Agent 2'].map((name) => ({ name, status: 'OFFLINE' })),
  );
});
