import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { createStaleAgentMetric } from '../../src/metrics/stale-agents.ts';
import { countStaleAgents } from '../../src/workspaces/stale-agents.sql.ts';
import { createTestApi } from '../support/api.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { openGate } from '../support/gate.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { minute, type Past, writePast } from '../support/past.ts';
import { recordStatements } from '../support/statements.ts';
import { metricsUrl, scrape } from './metrics-client.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

const metric = 'taproot_stale_agents';

/** A root with this past, in an organization of its own. */
async function insertPast(past: Past): Promise<{ orgId: string; id: string }> {
  const orgId = await insertOrganization(database);
  const id = await insertRoot(database, orgId);
  await writePast(database, orgId, id, past);
  return { orgId, id };
}

async function start(url: string): Promise<TestApp> {
  const app = await startApp({ DATABASE_URL: url, METRICS_PORT: '0' });
  onTestFinished(app.stop);
  return app;
}

test.each<[string, Past, number]>([
  ['that was never heard is not stale', {}, 0],
  ['that was heard just now is not stale', { seenAgo: 0 }, 0],
  ['whose last beat is within the window is not stale', { seenAgo: 60 }, 0],
  ['that is silent for longer than the window is stale', { seenAgo: 91 }, 1],
  ['that felt degraded before its silence is stale', { seenAgo: 2 * minute, health: 'degraded' }, 1],
  ['that is silent and failed is stale', { seenAgo: 2 * minute, lifecycle: 'failed', lifecycleAgo: minute }, 1],
  ['that is silent and removed is not stale', { seenAgo: 2 * minute, lifecycle: 'removed' }, 0],
  [
    'that was heard before it was reported, within the window, is not stale',
    { seenAgo: 30, reported: 'offline', reportedAgo: 5 },
    0,
  ],
])('an agent %s', async (_, past, expected) => {
  const before = await countStaleAgents(api.prisma);
  await insertPast(past);
  expect((await countStaleAgents(api.prisma)) - before).toBe(expected);
});

test('an agent that is heard again is stale no more', async () => {
  const before = await countStaleAgents(api.prisma);
  const { orgId, id } = await insertPast({ seenAgo: 2 * minute });
  expect(await countStaleAgents(api.prisma)).toBe(before + 1);
  await mutate(api, 'recordHeartbeat', { orgId, workspaceId: id });
  expect(await countStaleAgents(api.prisma)).toBe(before);
});

test('the metrics tell how many agents are stale, and ask the database once in a minute', async () => {
  await insertPast({ seenAgo: 2 * minute });
  const expected = await countStaleAgents(api.prisma);
  const url = metricsUrl((await start(database.url)).logged);
  const statements = await recordStatements(async () => {
    const both = await Promise.all([scrape(url), scrape(url)]);
    const third = await scrape(url);
    expect([...both, third].map((told) => told.value(metric))).toEqual([expected, expected, expected]);
  });
  expect(statements.filter((text) => text.includes('workspace_states'))).toHaveLength(1);
});

test('without a database the other metrics are told, and no number of stale agents', async () => {
  const gate = await openGate(database.url);
  onTestFinished(gate.close);
  const app = await start(gate.url);
  gate.shut();
  const told = await scrape(metricsUrl(app.logged));
  expect(told.value(metric)).toBeUndefined();
  expect(told.value('taproot_serving_processes')).toBe(1);
  expect(app.logged).toContainEqual(
    expect.objectContaining({ level: 'warn', msg: expect.stringMatching(/^Stale agents/) }),
  );
});

test('a database that takes too long is given up within the time-out of statements, and asked again', async () => {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('lock table workspace_heartbeats');
  const hasty = await startApp({
    DATABASE_URL: database.url,
    METRICS_PORT: '0',
    LOCK_TIMEOUT_MS: '100',
    STATEMENT_TIMEOUT_MS: '200',
  });
  onTestFinished(hasty.stop);
  expect((await scrape(metricsUrl(hasty.logged))).value(metric)).toBeUndefined();
  await holder.query('rollback');
});

test('a count that failed is taken again after the interval, and what was counted before it is not shown', async () => {
  const registry = new Registry();
  const answers = [async () => 3, async () => Promise.reject(new Error('gone')), async () => 4];
  const lines: string[] = [];
  const log = createLogger('info', { write: (line) => lines.push(line) });
  createStaleAgentMetric(registry, { count: () => (answers.shift() ?? (async () => 0))(), log, intervalMs: 0 });
  const told = async () => /^taproot_stale_agents (\d+)$/m.exec(await registry.metrics())?.[1];
  expect([await told(), await told(), await told()]).toEqual(['3', undefined, '4']);
  expect(lines).toHaveLength(1);
});

test('a count that is late holds no metric up: the one before is shown until another is due, and it goes on', async () => {
  const registry = new Registry();
  let finish: (count: number) => void = () => {};
  const late = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const answers = [async () => 3, () => late];
  const count = () => (answers.shift() ?? (async () => 5))();
  createStaleAgentMetric(registry, { count, log: createLogger('silent'), intervalMs: 0, patienceMs: 1 });
  const told = async () => /^taproot_stale_agents (\d+)$/m.exec(await registry.metrics())?.[1];
  expect([await told(), await told(), await told()]).toEqual(['3', '3', undefined]);
  finish(4);
  await waitUntil('it is counted again', async () => (await told()) === '5');
  expect(answers).toEqual([]);
});
