import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow, seqsOf, tells } from '../support/organization-events.ts';
import { compileServer, startServer } from '../support/server-process.ts';
import { connectToEach, type WorkerClient } from './worker-client.ts';

vi.setConfig(SLOW);

await compileServer();
const database = await createTestDatabase();
const server = startServer(
  { DATABASE_URL: database.url, OPERATOR_TOKEN: operatorToken, WEB_CONCURRENCY: '2', LOG_LEVEL: 'debug' },
  { onEnd: afterAll },
);
watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

async function connectToBoth(): Promise<[WorkerClient, WorkerClient]> {
  const [one, other] = await connectToEach(server, 2);
  if (one === undefined || other === undefined) throw new Error('There are not two workers');
  return [one, other];
}

const rename = (client: WorkerClient, name: string) => mutate(client, 'renameWorkspace', { orgId, id: rootId, name });

test('a subscriber at one worker is told what is changed through another', async () => {
  const [one, other] = await connectToBoth();
  const follower = await follow(one, orgId);
  await follower.next();
  await rename(other, 'Aleph');
  await mutate(other, 'recordHeartbeat', { orgId, workspaceId: rootId });
  const updates = await follower.nextUntil((told) => seqsOf(told).length > 0 && tells(rootId, 'ONLINE')(told));
  expect(seqsOf(updates)).toEqual([1]);
  await follower.close();
});

test('a subscriber whose worker was killed goes on at another one, and misses nothing', async () => {
  const [one, other] = await connectToBoth();
  const follower = await follow(one, orgId);
  await follower.next();
  await rename(other, 'first');
  const last = (await follower.nextUntil((told) => seqsOf(told).includes(1))).at(-1);

  process.kill(one.pid, 'SIGKILL');
  await expect(follower.nextUntil(() => false)).rejects.toThrow();
  for (const name of ['second', 'third']) await rename(other, name);

  const resumed = await follow(other, orgId, { after: last?.id });
  expect(seqsOf(await resumed.nextUntil((told) => seqsOf(told).includes(3)))).toEqual([2, 3]);
  await resumed.close();
  const rows = await database.query('select seq::int from org_events where org_id = $1 order by seq', [orgId]);
  expect(rows).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
});
