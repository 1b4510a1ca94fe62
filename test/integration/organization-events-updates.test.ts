import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace, setHeartbeat } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow, insertEvents, partsOf, seqsOf, tells } from '../support/organization-events.ts';
import { readEvents } from '../support/rows.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

const create = (name: string): Promise<{ id: string }> =>
  mutate(api, 'createWorkspace', { orgId, name, parentId: rootId });
const beat = (workspaceId: string, more: object = {}) =>
  mutate(api, 'recordHeartbeat', { orgId, workspaceId, ...more });

describe('what an update shows', () => {
  const document = `subscription ($orgId: ID!) {
    organizationEvents(orgId: $orgId) {
      events { seq type data }
      states {
        workspaceId
        status
        workspace {
          name
          status
          parent { name }
          root { name }
          ancestors { name }
          descendants(first: 1) { totalCount }
          organization { name statusCounts { online offline } }
        }
      }
    }
  }`;

  test('is read anew for each, by whatever loads it', async () => {
    const { id } = await create('Worker');
    const subscription = await api.subscribe(document, { orgId });
    await subscription.next();
    const told = async () => (await subscription.next())?.data.organizationEvents.states;

    await beat(id);
    const first = {
      workspaceId: id,
      status: 'ONLINE',
      workspace: {
        name: 'Worker',
        status: 'ONLINE',
        parent: { name: 'Alpha' },
        root: { name: 'Alpha' },
        ancestors: [{ name: 'Alpha' }],
        descendants: { totalCount: 0 },
        organization: { name: 'Acme', statusCounts: { online: 1, offline: 1 } },
      },
    };
    expect(await told()).toEqual([first]);

    // Past the program, which would tell of it, and before what it does tell.
    await database.query(
      `with organization as (update organizations set name = 'Other' where id = $1)
       update workspaces set name = 'New ' || name where org_id = $1`,
      [orgId],
    );
    const between = await insertWorkspace(database, orgId, { parentId: rootId, name: 'Between' });
    await database.query('update workspaces set parent_id = $2 where id = $1', [id, between]);
    await insertWorkspace(database, orgId, { parentId: id, lifecycle: 'failed' });
    await beat(id, { health: 'DEGRADED' });
    let states = await told();
    while (!states.some((state: { status: string }) => state.status === 'DEGRADED')) states = await told();
    const degraded = states.find((state: { workspaceId: string }) => state.workspaceId === id);
    expect(degraded).toEqual({
      workspaceId: id,
      status: 'DEGRADED',
      workspace: {
        name: 'New Worker',
        status: 'DEGRADED',
        parent: { name: 'Between' },
        root: { name: 'New Alpha' },
        ancestors: [{ name: 'Between' }, { name: 'New Alpha' }],
        descendants: { totalCount: 1 },
        organization: { name: 'Other', statusCounts: { online: 0, offline: 2 } },
      },
    });
  });

  test('costs no statement for an event or a state', async () => {
    const statementsFor = async (count: number): Promise<number> => {
      const org = await insertOrganization(database);
      const root = await insertRoot(database, org);
      const ids: string[] = [];
      for (let number = 0; number < count; number++) ids.push(await insertWorkspace(database, org, { parentId: root }));
      const subscription = await api.subscribe(document, { orgId: org });
      await subscription.next();
      await database.query(
        `with heard as (update workspace_heartbeats set last_seen_at = clock_timestamp() where org_id = $1 and workspace_id <> $2),
         counted as (update organizations set event_seq = $3 where id = $1)
         insert into org_events (org_id, seq, type, actor) select $1, number, 'workspace.renamed', 'fixture'
         from generate_series(1, $3::int) number`,
        [org, root, count],
      );
      const statements = await recordStatements(async () => {
        const { events, states } = (await subscription.next())?.data.organizationEvents ?? {};
        expect([events.length, states.length]).toEqual([count, count]);
      });
      await subscription.close();
      return statements.filter((statement) => !statement.includes('event_seq')).length;
    };
    const forTwo = await statementsFor(2);
    expect(forTwo).toBeGreaterThan(1);
    expect(await statementsFor(30)).toBe(forTwo);
  });

  test('costs no statement at all where the client asks only for what the watch knows', async () => {
    const follower = await follow(api, orgId);
    await follower.next();
    const statements = await recordStatements(async () => {
      await setHeartbeat(database, orgId, rootId);
      await follower.nextUntil(tells(rootId, 'ONLINE'));
    });
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter((statement) => !statement.includes('event_seq'))).toEqual([]);
  });
});

describe('an update that fails', () => {
  test('is the last one, says nothing of why, and is told again to who resumes', async () => {
    const follower = await follow(api, orgId);
    const { id: after } = await follower.next();
    await database.query('alter table org_events rename column type to kind');
    await insertEventsWithKind();
    const { message, extensions } = await follower.error();
    await database.query('alter table org_events rename column kind to type');
    expect(extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) });
    expect(message).toBe(`Something went wrong on our side. Report it with the request id ${extensions['requestId']}.`);
    expect(api.logged).toContainEqual(
      expect.objectContaining({ msg: 'Unexpected error', requestId: extensions['requestId'] }),
    );

    const resumed = await follow(api, orgId, { after });
    expect(seqsOf(await resumed.nextUntil((told) => seqsOf(told).includes(1)))).toEqual([1]);
  });

  async function insertEventsWithKind(): Promise<void> {
    await database.query(
      `with counted as (update organizations set event_seq = 1 where id = $1)
       insert into org_events (org_id, seq, kind, actor) values ($1, 1, 'workspace.renamed', 'fixture')`,
      [orgId],
    );
  }

  test('because the client asks for too much is none: the subscription is refused before it begins', async () => {
    const subscription = await api.subscribe(
      `subscription ($orgId: ID!) {
        organizationEvents(orgId: $orgId) { id states { workspace { children(first: 1001) { totalCount } } } }
      }`,
      { orgId },
    );
    expect(await subscription.next()).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit: 1000 } }],
    });
    expect(await subscription.next()).toBeUndefined();
  });
});

describe('who is slow', () => {
  const operator = { kind: 'operator' } as const;
  const subscribe = () => api.watches.subscribe({ orgId, after: null, includeHeartbeats: false, caller: operator });

  /** Resolves when the watch has seen what is there now: then it has told it to one who is not slow. */
  async function waitUntilSeen(): Promise<void> {
    const follower = await follow(api, orgId);
    await follower.next();
    const { id } = await create('Mark');
    await follower.nextUntil(tells(id, 'OFFLINE'));
    await mutate(api, 'removeWorkspace', { orgId, id });
    await follower.nextUntil(tells(id, 'REMOVED'));
    await follower.close();
  }

  test('gets all that it has not taken as one update, with the states as they are by now', async () => {
    const updates = await subscribe();
    await updates.next();
    const { id } = await create('Worker');
    for (const health of ['HEALTHY', 'DEGRADED', 'HEALTHY', 'DEGRADED']) {
      await beat(id, { health });
      await waitUntilSeen();
    }
    const { value } = await updates.next();
    expect(value.events).toEqual({ behind: 0n, upTo: BigInt((await readEvents(database, orgId)).length) });
    const states = value.states.filter(({ workspaceId }: { workspaceId: string }) => workspaceId === id);
    expect(states).toMatchObject([{ status: 'degraded' }]);
    await updates.return?.();
  });

  test('gets no heap of pulses', async () => {
    const server = createTestApi(database, { watchTimes: { tickMs: 10, pulseMs: 20 } });
    const updates = await server.watches.subscribe({ orgId, after: null, includeHeartbeats: false, caller: operator });
    await updates.next();
    const quick = await follow(server, orgId);
    for (let pulse = 0; pulse < 10; pulse++) await quick.next();
    const takeJudgedAt = async () => partsOf((await updates.next()).value.id).judgedAt;
    const [first, second, third] = [await takeJudgedAt(), await takeJudgedAt(), await takeJudgedAt()];
    // One was due. Those behind it had to wait for a later look each.
    expect(second - first).toBeGreaterThan(5_000);
    expect(third - second).toBeGreaterThan(5_000);
    await updates.return?.();
  });

  test('is given up when it falls more than 5,000 events behind, and resumes from where it was', async () => {
    const updates = await subscribe();
    const { value: first } = await updates.next();
    await insertEvents(database, orgId, 5_000);
    await waitUntilSeen();
    await expect(updates.next()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 5_000 } });
    expect(await updates.next()).toEqual({ done: true, value: undefined });

    const resumed = await follow(api, orgId, { after: first.id });
    const all = await readEvents(database, orgId);
    const told = await resumed.nextUntil((so) => seqsOf(so).includes(all.length));
    expect(seqsOf(told)).toEqual(all.map(({ seq }) => seq));
  });

  test('is not given up at 5,000', async () => {
    const updates = await subscribe();
    await updates.next();
    await insertEvents(database, orgId, 5_000);
    const follower = await follow(api, orgId, { after: '0-0' });
    await follower.nextUntil((told) => seqsOf(told).includes(5_000));
    const { value } = await updates.next();
    expect(value.events).toEqual({ behind: 0n, upTo: 500n });
    await updates.return?.();
  });
});

test('a database that was set back knows nothing of what was told', async () => {
  const follower = await follow(api, orgId);
  await follower.next();
  await insertEvents(database, orgId, 3);
  await follower.nextUntil((told) => seqsOf(told).includes(3));
  await database.query('update organizations set event_seq = 2 where id = $1', [orgId]);
  expect(await follower.error()).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } });
  await waitUntil('the others can go on', async () => (await (await follow(api, orgId)).next()).id.startsWith('2-'));
});
