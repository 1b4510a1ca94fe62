import { expect, test } from 'vitest';
import { watchDeadlocks } from '../concurrency/interleaving.ts';
import { createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { sessionUrl } from './held-statements.ts';
import { everySchedule, type Ran, runSchedule, type Session } from './runner.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const [first, second, third] = ['first', 'second', 'third'].map((name) => ({
  name,
  api: createTestApi({ ...database, url: sessionUrl(database.url, name) }),
})) as [Server, Server, Server];
watchNeighbour(database);
const observer = await database.connect();

interface Server {
  readonly name: string;
  readonly api: TestApi;
}

/** A session of so many statements that wait for nothing. */
function reads({ name, api }: Server, count: number): Session<number> {
  return {
    name,
    async run() {
      for (let read = 0; read < count; read++) await api.prisma.$queryRaw`select ${read}::int as read`;
      return count;
    },
  };
}

/** A session that changes a workspace in a transaction, in two statements with the commit. */
const renames = ({ name, api }: Server, orgId: string, id: string): Session<string> => ({
  name,
  async run() {
    await api.prisma.$transaction(async (tx) => {
      await tx.$executeRaw`update workspaces set name = ${name} where org_id = ${orgId}::uuid and id = ${id}::uuid`;
    });
    return name;
  },
});

async function runAll<Answer>(sessions: () => Promise<readonly Session<Answer>[]>): Promise<Ran<Answer>[]> {
  const all: Ran<Answer>[] = [];
  for await (const ran of everySchedule(async (choices) => runSchedule(observer, await sessions(), choices))) {
    all.push(ran);
  }
  return all;
}

const ordersOf = (all: readonly Ran<unknown>[]) =>
  all.map(({ decisions }) => decisions.map(({ chosen }) => chosen).join(''));

test.each([
  { counts: [1, 1], orders: 2 },
  { counts: [2, 3], orders: 10 },
  { counts: [4, 4], orders: 70 },
  { counts: [2, 2, 2], orders: 90 },
])('all $orders orders of $counts steps that wait for nothing are run, each once', async ({ counts, orders }) => {
  const servers = [first, second, third];
  const all = await runAll(async () => counts.map((count, index) => reads(servers[index] as Server, count)));
  expect(new Set(ordersOf(all)).size).toBe(orders);
  expect(all).toHaveLength(orders);
  for (const { answers, decisions } of all) {
    expect(answers).toEqual(counts);
    expect(counts.map((_, index) => decisions.filter(({ chosen }) => chosen === index).length)).toEqual(counts);
  }
});

test('a step that waits for a lock is left waiting, and is no choice until it has the lock', async () => {
  const orgId = await insertOrganization(database);
  const id = await insertRoot(database, orgId);
  const all = await runAll(async () => [renames(first, orgId, id), renames(second, orgId, id)]);
  // Who comes first commits before or after the other comes up against its lock.
  expect(ordersOf(all).toSorted()).toEqual(['0011', '0101', '1010', '1100']);
  const waiting = all.filter(({ steps }) => steps.some((step) => step.endsWith(' waits')));
  expect(ordersOf(waiting).toSorted()).toEqual(['0101', '1010']);
  const [workspace] = await database.query('select name from workspaces where org_id = $1', [orgId]);
  expect(['first', 'second']).toContain(workspace?.['name']);
});

test('statements that are sent without waiting for each other are steps of their own', async () => {
  const orgId = await insertOrganization(database);
  const flight: Session<unknown> = {
    name: first.name,
    run: () =>
      first.api.prisma.$transaction(async (tx) => {
        await Promise.all([
          tx.$queryRaw`select id from organizations where id = ${orgId}::uuid for update`,
          tx.$queryRaw`select id from workspaces where org_id = ${orgId}::uuid`,
        ]);
      }),
  };
  const all = await runAll(async () => [flight, reads(second, 1)]);
  expect(ordersOf(all).toSorted()).toEqual(['0001', '0010', '0100', '1000']);
});
