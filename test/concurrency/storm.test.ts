import { expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { expectSound } from './acme.ts';
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
const reader = await database.connect();

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

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

/**
 * Follows the organization until it is told to stop: reads its events on from the last one that it has seen, as a reader
 * who resumes does, and looks whether what holds at every moment holds. Returns the types of all events.
 */
function follow(orgId: string): () => Promise<string[]> {
  const seen: { seq: string; type: string }[] = [];
  const look = async () => {
    const events = await reader.query('select seq, type from org_events where org_id = $1 and seq > $2 order by seq', [
      orgId,
      seen.at(-1)?.seq ?? 0,
    ]);
    seen.push(...events.rows);
    const unsound = await reader.query(
      `select * from (
         select open_roots, event_seq,
                (select coalesce(max(seq), 0) from org_events where org_id = $1) as last_seq,
                (select count(*) from workspaces
                 where org_id = $1 and parent_id is null and lifecycle <> 'removed') as live_roots
         from organizations where id = $1
       ) organization
       where event_seq <> last_seq or (not open_roots and live_roots <> 1)`,
      [orgId],
    );
    expect(unsound.rows).toEqual([]);
  };
  let isOver = false;
  const following = (async () => {
    while (!isOver) await look();
    await look();
  })();
  return async () => {
    isOver = true;
    await following;
    expect(seen.map(({ seq }) => Number(seq))).toEqual(seen.map((_, index) => index + 1));
    return seen.map(({ type }) => type);
  };
}

test.each([1, 2, 3])(
  'a storm of all operations on one organization leaves nothing half done (seed %i)',
  async (seed) => {
    const { orgId, ids, tokenIds } = await insertForest();
    const stopFollowing = follow(orgId);
    const done: Record<string, number> = {};
    const allowed = new Set(['browser', 'search']);
    let foreignRoots = 0;

    async function makeCalls(foreignWriter: TestClient, caller: number): Promise<void> {
      const random = createRandom(seed * callers + caller);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const target = () => pick([...ids, platformAgentId(orgId)]);
      const changes: Record<string, (serial: string) => Promise<Outcome>> = {
        create: (name) =>
          attempt(api, mutations.create, { orgId, name, ...(random() < 0.5 && { parentId: target() }) }),
        move: () => attempt(api, mutations.move, { orgId, id: pick(ids), parentId: target() }),
        rename: (name) => attempt(api, mutations.rename, { orgId, id: pick(ids), name: pick([name, ...rootNames]) }),
        remove: () => attempt(api, mutations.remove, { orgId, id: pick(ids), all: random() < 0.5 }),
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
          const beats = (random() < 0.5 ? ids : ids.toReversed()).map((workspaceId) => ({ workspaceId }));
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
    await Promise.all(foreignWriters.map(makeCalls));

    const events = await stopFollowing();
    const count = (type: string) => events.filter((event) => event === type).length;
    expect(done['install']).toBe(callers / 2);
    expect(count('platform_agent.installed')).toBe(1);
    expect(count('workspace.created')).toBe(done['create'] ?? 0);
    expect(count('api_token.created')).toBe(done['createToken'] ?? 0);
    await expectSound(database, orgId);

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
    const reached = await database.query(
      `with recursive down as (
       select id from workspaces where org_id = $1 and parent_id is null
       union
       select child.id from down join workspaces child on child.org_id = $1 and child.parent_id = down.id
     )
     select id from down`,
      [orgId],
    );
    expect(reached, 'workspaces that hang on a root').toHaveLength(workspaces.length);
  },
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
