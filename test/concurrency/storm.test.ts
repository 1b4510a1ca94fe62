import fc from 'fast-check';
import { expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { deleteOrganizations } from '../model/stored.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { findViolations } from '../support/invariants.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readOrganization } from '../support/rows.ts';
import { attempt, heartbeats, mutations, type Outcome, write } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';

const callers = 8;
const callsEach = 16;
const rootNames = ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon', 'Zeta'];
const plugins = ['browser', 'mail', 'search', 'shell'];

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database, { poolSize: callers, lockTimeoutMs: 15_000, statementTimeoutMs: 16_000 });
watchNeighbour(database);
const foreignWriters = await Promise.all(Array.from({ length: callers }, () => database.connect()));

async function insertForest(): Promise<{ orgId: string; ids: string[]; tokenIds: string[] }> {
  const orgId = await insertOrganization(database);
  const ids: string[] = [];
  const tokenIds: string[] = [];
  for (const name of rootNames) {
    const rootId = await insertRoot(database, orgId, { name });
    ids.push(rootId, await insertWorkspace(database, orgId, { parentId: rootId, name: 'Worker' }));
    for (const plugin of ['browser', 'search']) await allow(database, orgId, rootId, plugin);
    for (const name of ['one', 'two']) tokenIds.push((await insertToken(database, orgId, rootId, { name })).id);
  }
  return { orgId, ids, tokenIds };
}

/** What is wrong now. A foreign writer knows of no heartbeats. */
async function whatIsWrong() {
  const found = await findViolations(database);
  return found.filter(({ invariant }) => invariant !== 'a workspace without a heartbeat row');
}

/**
 * Follows the organization while the work is done: reads its events on from the last one that it has seen, as a reader
 * who resumes does, and looks whether what holds at every moment holds. Returns the types of all events.
 */
async function followDuring(orgId: string, work: Promise<unknown>): Promise<string[]> {
  const seen: { seq: string; type: string }[] = [];
  const look = async () => {
    const events = await database.query<{ seq: string; type: string }>(
      'select seq, type from org_events where org_id = $1 and seq > $2 order by seq',
      [orgId, seen.at(-1)?.seq ?? 0],
    );
    seen.push(...events);
    expect(await whatIsWrong()).toEqual([]);
  };
  let isOver = false;
  const worked = work.finally(() => {
    isOver = true;
  });
  const follow = async () => {
    while (!isOver) await look();
    await look();
  };
  await Promise.all([worked, follow()]);
  expect(seen.map(({ seq }) => Number(seq))).toEqual(seen.map((_, index) => index + 1));
  return seen.map(({ type }) => type);
}

/** Each caller has a seed of its own, so that what it does hangs on no other. */
const seeds = fc.array(fc.noBias(fc.integer()), { minLength: callers, maxLength: callers, size: 'max' });

async function storm(seedOf: readonly number[]): Promise<void> {
  const { orgId, ids, tokenIds } = await insertForest();
  const done: Record<string, number> = {};
  const allowed = new Set(['browser', 'search']);
  let foreignRoots = 0;

  async function makeCalls(foreignWriter: TestClient, caller: number): Promise<void> {
    const numbers = fc.sample(fc.noBias(fc.nat()), { seed: seedOf[caller] as number, numRuns: callsEach * 8 });
    const pick = <T>(list: readonly T[]): T => list[(numbers.pop() as number) % list.length] as T;
    const target = () => pick([...ids, platformAgentId(orgId)]);
    const changes: Record<string, (serial: string) => Promise<Outcome>> = {
      create: (name) =>
        attempt(api, mutations.create, { orgId, name, ...(pick([true, false]) && { parentId: target() }) }),
      move: () => attempt(api, mutations.move, { orgId, id: pick(ids), parentId: target() }),
      rename: (name) => attempt(api, mutations.rename, { orgId, id: pick(ids), name: pick([name, ...rootNames]) }),
      remove: () => attempt(api, mutations.remove, { orgId, id: pick(ids), all: pick([true, false]) }),
      restore: () => attempt(api, mutations.restore, { orgId, id: pick(ids) }),
      allow: async () => {
        const plugin = pick(plugins);
        const outcome = await attempt(api, mutations.allow, { orgId, plugin, rootId: target() });
        if (outcome === 'done') allowed.add(plugin);
        return outcome;
      },
      setPolicy: () => attempt(api, mutations.setPolicy, { orgId, policy: 'ALLOW_LISTED', rootId: target() }),
      createToken: (name) => attempt(api, mutations.createToken, { orgId, name, rootId: target() }),
      revokeToken: () => attempt(api, mutations.revokeToken, { orgId, id: pick(tokenIds) }),
      beat: () => attempt(api, heartbeats.one, { orgId, id: target() }),
      beatAll: () => {
        const beats = (pick([true, false]) ? ids : ids.toReversed()).map((workspaceId) => ({ workspaceId }));
        return attempt(api, heartbeats.many, { orgId, beats });
      },
      report: () => attempt(api, heartbeats.report, { orgId, id: target(), state: pick(['FAILED', 'PROVISIONING']) }),
      insertForeignRoot: async (name) => {
        const insert = 'insert into workspaces (org_id, name) values ($1, $2)';
        const outcome = await write(foreignWriter, insert, [orgId, name]);
        if (outcome === 'done') foreignRoots++;
        return outcome;
      },
    };
    for (let index = 0; index < callsEach; index++) {
      const name = index === callsEach / 2 && caller % 2 === 0 ? 'install' : pick(Object.keys(changes));
      const outcome = await (name === 'install'
        ? attempt(api, mutations.install, { orgId })
        : changes[name]?.(`${name}-${caller}-${index}`));
      if (outcome === 'done') done[name] = (done[name] ?? 0) + 1;
      else expect(possibleRefusals, name).toContain(outcome?.['constraint'] ?? outcome?.code);
    }
  }
  const events = await followDuring(orgId, Promise.all(foreignWriters.map(makeCalls)));
  const count = (type: string) => events.filter((event) => event === type).length;
  expect(done['install']).toBe(callers / 2);
  expect(count('platform_agent.installed')).toBe(1);
  expect(count('workspace.created')).toBe(done['create'] ?? 0);
  expect(count('api_token.created')).toBe(done['createToken'] ?? 0);
  expect(await readOrganization(database, orgId)).toMatchObject({ openRoots: false, eventSeq: events.length });

  const workspaces = await database.query('select id from workspaces where org_id = $1', [orgId]);
  expect(workspaces).toHaveLength(ids.length + 1 + (done['create'] ?? 0) + foreignRoots);
  const tokens = await database.query<{ id: string }>('select id from org_api_tokens where org_id = $1', [orgId]);
  expect(tokens).toHaveLength(tokenIds.length + (done['createToken'] ?? 0));
  expect(tokens.map(({ id }) => id)).toEqual(expect.arrayContaining(tokenIds));
  const listed = await database.query<{ plugin_name: string }>(
    'select distinct plugin_name from org_plugin_allowlist where org_id = $1 order by plugin_name',
    [orgId],
  );
  expect(listed.map((entry) => entry.plugin_name)).toEqual([...allowed].toSorted());
  await deleteOrganizations(database, [orgId]);
  countTried('sequences');
}

test(
  'a storm of all operations on one organization leaves nothing half done',
  async () => {
    await fc.assert(fc.asyncProperty(seeds, storm), {
      seed: seedOfRun(),
      numRuns: tries({ bounded: 3, deep: 100 }),
      // What depends on luck cannot be shrunk.
      endOnFailure: true,
    });
  },
  tries({ bounded: 60_000, deep: 3_600_000 }),
);

/** What an operation may run into when others are faster. No time-out is among them. */
const possibleRefusals = [
  'BAD_USER_INPUT',
  'WORKSPACE_NOT_FOUND',
  'NAME_CONFLICT',
  'HAS_CHILDREN',
  'WOULD_CYCLE',
  'WORKSPACE_REMOVED',
  'workspaces_sole_root_fkey',
];
