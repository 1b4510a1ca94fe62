import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../support/api.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken, setHeartbeat } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow, insertEvents, seqsOf, tells } from '../support/organization-events.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const other = createTestApi(database);
const impatient = createTestApi(database, { lockTimeoutMs: 100, watchTimes: { tickMs: 10, pulseMs: 60_000 } });
watchNeighbour(database);
const holder = await database.connect();

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId);
});

/** Holds up every look at what it reads of this table, until the holder's transaction ends. */
async function holdLooksAt(table: 'status_windows' | 'org_api_tokens'): Promise<void> {
  await holder.query('begin');
  await holder.query(`lock table ${table} in access exclusive mode`);
  await waitUntilBlockedBy(holder);
}

/** A subscriber with a token: what it is told waits until the tokens can be read. */
async function followByToken(server: TestApi) {
  const { token } = await insertToken(database, orgId, rootId);
  const follower = await follow(server, orgId, { token });
  await follower.next();
  return follower;
}

test('who comes while a look is under way begins with a later one: it may know more than that one saw', async () => {
  const first = await followByToken(api);
  await holdLooksAt('org_api_tokens');
  // The look that is held has seen none of this. Another server has, and told it.
  await insertEvents(database, orgId, 3);
  await setHeartbeat(database, orgId, rootId);
  const elsewhere = await follow(other, orgId, { after: '0-0' });
  const known = await elsewhere.nextUntil((told) => seqsOf(told).includes(3) && tells(rootId, 'ONLINE')(told));

  const late = await follow(api, orgId, { after: known.at(-1)?.id });
  const begins = late.next();
  await holder.query('select');
  await holder.query('rollback');
  expect(await begins).toMatchObject({ id: expect.stringMatching(/^3-/), events: [] });
  expect(seqsOf(await first.nextUntil((told) => seqsOf(told).includes(3)))).toEqual([1, 2, 3]);
});

test('a look that fails halfway has not happened: what it saw is told by the next one', async () => {
  const follower = await followByToken(impatient);
  await holdLooksAt('org_api_tokens');
  await insertEvents(database, orgId, 3);
  await setHeartbeat(database, orgId, rootId);
  // The first began before, and the second may have. The third has seen it, and has failed when there is a fourth.
  const looks = new Set<string>();
  await waitUntil('four looks have waited for the tokens', async () => {
    const waiting = await database.query<{ begin: string }>(
      `select query_start::text as begin from pg_stat_activity
       where wait_event_type = 'Lock' and query like '%org_api_tokens%' and application_name = 'taproot'`,
    );
    for (const { begin } of waiting) looks.add(begin);
    return looks.size >= 4;
  });
  expect(impatient.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);
  await holder.query('rollback');
  const told = await follower.nextUntil(tells(rootId, 'ONLINE'));
  expect(seqsOf(told)).toEqual([1, 2, 3]);
});

test('nothing is told that happened after the token was revoked', async () => {
  const { id, token } = await insertToken(database, orgId, rootId);
  const follower = await follow(api, orgId, { token });
  await follower.next();
  // Before the look that is held can see the event, the token is revoked.
  await holdLooksAt('status_windows');
  await holder.query('update org_api_tokens set revoked_at = clock_timestamp() where id = $1', [id]);
  await holder.query('update organizations set event_seq = 1 where id = $1', [orgId]);
  await holder.query(
    `insert into org_events (org_id, seq, type, actor) values ($1, 1, 'workspace.renamed', 'fixture')`,
    [orgId],
  );
  await holder.query('commit');
  expect(await follower.error()).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
});

describe('while others write', () => {
  const rounds = 30;
  let written = 0;
  const isOver = () => written === 2 * rounds;

  async function write(server: TestApi, name: string): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const { id: workspaceId } = await mutate(server, 'createWorkspace', {
        orgId,
        name: `${name} ${round}`,
        parentId: rootId,
      });
      await mutate(server, 'reportProvisioning', { orgId, workspaceId, state: 'PROVISIONING', message: 'Pulling' });
      await mutate(server, 'recordHeartbeat', { orgId, workspaceId, health: round % 2 ? 'DEGRADED' : 'HEALTHY' });
      if (round % 3 === 0) await mutate(server, 'removeWorkspace', { orgId, id: workspaceId });
      await mutate(server, 'recordHeartbeat', { orgId, workspaceId: rootId, message: `${name} ${round}` });
      written++;
    }
  }

  /** Writes all there is to write, beside what others do meanwhile, and one event when that is over. */
  async function writeBeside<Result>(...others: Promise<Result>[]): Promise<Result[]> {
    await Promise.all([write(api, 'One'), write(other, 'Two')]);
    await insertEvents(database, orgId, 1);
    return Promise.all(others);
  }

  async function readStates(reader: TestClient): Promise<Map<string, string>> {
    const { rows } = await reader.query(
      `select workspace_id as id, upper(status::text) || ' ' || coalesce(status_message, '') as state
       from workspace_states where org_id = $1`,
      [orgId],
    );
    return new Map(rows.map(({ id, state }) => [id, state]));
  }

  beforeEach(() => {
    written = 0;
  });

  test('a client that reads the tree after the first update is told all that it did not read', async () => {
    /** Comes when so much is written, and goes by what it read once and was told since. */
    const followFrom = async (start: number) => {
      const reader = await database.connect();
      await waitUntil(`${start} rounds are written`, async () => written >= start);
      const follower = await follow(start % 2 ? api : other, orgId);
      await follower.next();
      const known = await readStates(reader);
      const isTrue = async () =>
        JSON.stringify([...known].sort()) === JSON.stringify([...(await readStates(reader))].sort());
      // Nothing more comes after the last event: who has missed something waits in vain.
      while (!isOver() || !(await isTrue())) {
        const { states } = await follower.next();
        for (const { workspaceId, status, statusMessage } of states)
          known.set(workspaceId, `${status} ${statusMessage ?? ''}`);
      }
    };
    await writeBeside(...Array.from({ length: 20 }, (_, index) => followFrom(index * 2)));
  });

  test('a client whose line breaks again and again is told every event once, and in order', async () => {
    const last = 2 * rounds + 2 * (rounds / 3) + 1;
    const followByManyLines = async (first: number) => {
      const seqs: number[] = [];
      let after = '0-0';
      for (let line = first; seqs.at(-1) !== last; line++) {
        const follower = await follow(line % 2 ? api : other, orgId, { after });
        for (let update = 0; update <= line % 3 && seqs.at(-1) !== last; update++) {
          const told = await follower.next();
          after = told.id;
          seqs.push(...seqsOf([told]));
        }
        await follower.close();
      }
      return seqs;
    };
    const all = Array.from({ length: last }, (_, index) => index + 1);
    for (const seqs of await writeBeside(...[0, 1, 2, 3].map(followByManyLines))) expect(seqs).toEqual(all);
  });
});
