import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import {
  type Follower,
  follow,
  insertEvents,
  partsOf,
  seqsOf,
  tells,
  type Update,
} from '../support/organization-events.ts';
import { readEvents } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const other = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

const create = (name: string, through = api): Promise<{ id: string }> =>
  mutate(through, 'createWorkspace', { orgId, name, parentId: rootId });
const beat = (workspaceId: string, more: object = {}) =>
  mutate(api, 'recordHeartbeat', { orgId, workspaceId, ...more });

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the first update', () => {
  test('comes at once and is empty: what was there before is for the client to read', async () => {
    await create('Worker');
    await beat(rootId);
    const first = await (await follow(api, orgId)).next();
    expect(first).toEqual({ id: expect.stringMatching(/^1-\d{16}$/), events: [], states: [] });
    const [clock] = await database.query<{ us: string }>(
      'select extract(epoch from clock_timestamp()) * 1000000 as us',
    );
    expect(partsOf(first.id).judgedAt).toBeLessThan(Number(clock?.us));
  });

  test('comes at once to who comes later as well', async () => {
    await (await follow(api, orgId)).next();
    await create('Worker');
    expect(await (await follow(api, orgId)).next()).toMatchObject({ id: expect.stringMatching(/^1-/), events: [] });
  });
});

describe('events', () => {
  test('are told in order and without a gap, to all who follow, by whichever server they were written', async () => {
    const followers: Follower[] = [];
    for (const server of [api, api, other]) followers.push(await follow(server, orgId));
    for (const follower of followers) await follower.next();
    for (const number of range(1, 6)) await create(`Worker ${number}`, number % 2 ? api : other);
    await install(other, orgId);
    const stored = await readEvents(database, orgId);
    for (const follower of followers) {
      const updates = await follower.nextUntil((told) => seqsOf(told).includes(7));
      expect(seqsOf(updates)).toEqual(range(1, 7));
      expect(updates.flatMap(({ events }) => events)).toEqual(
        stored.map(({ seq, type, subjectId }) => ({ seq: String(seq), type, subjectId })),
      );
      for (const { id, events } of updates) if (events.length > 0) expect(id).toMatch(`${events.at(-1)?.seq}-`);
    }
  });

  test('that happened meanwhile are told to who resumes, once', async () => {
    const before = await follow(api, orgId);
    await before.next();
    await create('First');
    const seen = await before.nextUntil((told) => seqsOf(told).includes(1));
    await before.close();
    await create('Second');
    await create('Third');

    const after = await follow(other, orgId, { after: seen.at(-1)?.id });
    await create('Fourth');
    const told = await after.nextUntil((updates) => seqsOf(updates).includes(4));
    expect(seqsOf(told)).toEqual([2, 3, 4]);
  });

  test('that are many are told in several updates of at most 500', async () => {
    await insertEvents(database, orgId, 1_203);
    const follower = await follow(api, orgId, { after: '0-0' });
    const updates = await follower.nextUntil((told) => seqsOf(told).includes(1_203));
    expect(updates.map(({ events }) => events.length)).toEqual([500, 500, 203]);
    expect(seqsOf(updates)).toEqual(range(1, 1_203));
    expect(updates.map(({ id }) => partsOf(id).seq)).toEqual([500, 1_000, 1_203]);
  });

  test('that are very many are no reason to give up on who catches up', async () => {
    await insertEvents(database, orgId, 5_600);
    const follower = await follow(api, orgId, { after: '0-0' });
    const updates = await follower.nextUntil((told) => seqsOf(told).includes(5_600));
    expect(seqsOf(updates)).toEqual(range(1, 5_600));
  });
});

describe('states', () => {
  test('tell that a workspace was created, heard, was not well, and was removed', async () => {
    const follower = await follow(api, orgId);
    await follower.next();
    const { id } = await create('Worker');
    const silent = { workspaceId: id, status: 'OFFLINE', statusMessage: 'No heartbeat has been received yet.' };
    expect((await follower.nextUntil(tells(id, 'OFFLINE'))).at(-1)?.states).toEqual([
      { ...silent, lastHeartbeatAt: null },
    ]);
    await beat(id);
    expect((await follower.next()).states).toEqual([
      { workspaceId: id, status: 'ONLINE', statusMessage: null, lastHeartbeatAt: expect.any(String) },
    ]);
    await beat(id, { health: 'DEGRADED', message: 'Slow' });
    expect((await follower.next()).states).toMatchObject([
      { workspaceId: id, status: 'DEGRADED', statusMessage: 'Slow' },
    ]);
    await mutate(api, 'removeWorkspace', { orgId, id });
    const updates = await follower.nextUntil(tells(id, 'REMOVED'));
    expect(seqsOf(updates)).toEqual([2]);
  });

  test('are not told for a heartbeat that changes nothing, unless that is asked for', async () => {
    const [worker, last] = [(await create('Worker')).id, (await create('Last')).id];
    await beat(worker);
    const quiet = await follow(api, orgId);
    const curious = await follow(api, orgId, { includeHeartbeats: true });
    await quiet.next();
    await curious.next();

    await beat(worker);
    const heard = await curious.next();
    expect(heard.states).toMatchObject([{ workspaceId: worker, status: 'ONLINE' }]);
    await beat(last);
    expect((await curious.next()).states).toMatchObject([{ workspaceId: last }]);
    expect((await quiet.next()).states).toMatchObject([{ workspaceId: last }]);

    await beat(worker, { message: 'Thinking' });
    expect((await quiet.next()).states).toMatchObject([{ workspaceId: worker, statusMessage: 'Thinking' }]);
  });

  test('that changed meanwhile are told to who resumes, with those of the last minute before', async () => {
    const [long, late, changed] = await Promise.all(['Long', 'Late', 'Changed'].map((name) => create(name)));
    const past = (id: string | undefined, seconds: number) =>
      database.query(
        `update workspaces set lifecycle_at = clock_timestamp() - make_interval(secs => $2) where id = $1`,
        [id, seconds],
      );
    for (const id of [rootId, long?.id, changed?.id]) await past(id, 300);
    await past(late?.id, 30);

    const before = await follow(api, orgId);
    const { id: after } = await before.next();
    await before.close();
    await beat(changed?.id ?? '');

    const [update] = await (await follow(other, orgId, { after })).nextUntil(tells(changed?.id ?? '', 'ONLINE'));
    const told = update?.states.map(({ workspaceId, status }) => [workspaceId, status]) ?? [];
    expect(new Map(told as [string, string][])).toEqual(
      new Map([
        [late?.id, 'OFFLINE'],
        [changed?.id, 'ONLINE'],
      ]),
    );
  });

  test('that are many are told in several updates of at most 500, none of which says that all is told but the last', async () => {
    await database.query(
      `with created as (
         insert into workspaces (org_id, parent_id, name) select $1, $2, number::text from generate_series(1, 700) number
         returning org_id, id
       )
       insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from created`,
      [orgId, rootId],
    );
    const follower = await follow(api, orgId, { after: '0-5' });
    const updates = await follower.nextUntil((told) => told.flatMap(({ states }) => states).length === 701);
    expect(updates.map(({ states }) => states.length)).toEqual([500, 201]);
    expect(new Set(updates.flatMap(({ states }) => states.map(({ workspaceId }) => workspaceId))).size).toBe(701);
    expect(updates[0]?.id).toBe('0-5');
    expect(partsOf(updates[1]?.id ?? '').judgedAt).toBeGreaterThan(1e15);
  });
});

describe('who may not follow an organization is told so:', () => {
  const refusal = async (id: string, token?: string | null, after?: string) => {
    const subscription = await api.subscribe(
      'subscription ($id: ID!, $after: ID) { organizationEvents(orgId: $id, after: $after) { id } }',
      { id, after },
      token,
    );
    const told = await subscription.next();
    expect(told).toMatchObject({ errors: [{ path: ['organizationEvents'] }] });
    expect(await subscription.next()).toBeUndefined();
    const { code, message } = { message: told?.errors?.[0]?.message, ...told?.errors?.[0]?.extensions };
    return { status: subscription.status, code, message };
  };

  test('without a token, or with one that is wrong', async () => {
    for (const token of [null, 'wrong']) {
      const refused = await api.subscribe(`subscription { organizationEvents(orgId: "${orgId}") { id } }`, {}, token);
      expect(refused.status).toBe(401);
      expect(await refused.next()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      expect(await refused.next()).toBeUndefined();
    }
  });

  test('with the token of another organization, as if there were none', async () => {
    const { token } = await insertToken(database, orgId, rootId);
    const unknown = await refusal(randomUUID());
    expect(unknown).toMatchObject({ status: 200, code: 'ORGANIZATION_NOT_FOUND' });
    expect(await refusal(neighbour.orgId, token)).toMatchObject({ status: 200, code: 'ORGANIZATION_NOT_FOUND' });
    const own = await follow(api, orgId.toUpperCase(), { token });
    expect((await own.next()).id).toMatch(/^0-/);
  });

  test('with an id that is no UUID', async () => {
    expect(await refusal('mine')).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/^orgId /) });
  });

  test.each([
    '',
    '-',
    '1',
    '0',
    '0-',
    '-0',
    '0-0-0',
    '00-0',
    '0-01',
    '+0-0',
    '0 - 0',
    ' 0-0',
    '0-0\n',
    '0x0-0',
    '0-1e3',
    '٠-٠',
    '0-9223372036854775808',
    '9223372036854775808-0',
    `${'9'.repeat(400)}-0`,
    // Well formed, and beyond the newest event.
    '1-0',
    '9223372036854775807-9223372036854775807',
  ])('after %j, which is the id of no update', async (after) => {
    expect(await refusal(orgId, undefined, after)).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/Subscribe without it, and read the tree anew/),
    });
  });

  test('where it does not read server-sent events', async () => {
    const { status, errors } = await api.execute(
      'subscription ($orgId: ID!) { organizationEvents(orgId: $orgId) { id } }',
      {
        orgId,
      },
    );
    expect(status).toBe(406);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/accept: text\/event-stream/), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });
});

test('the answer tells proxies not to hold updates back', async () => {
  const document = 'subscription ($orgId: ID!) { organizationEvents(orgId: $orgId) { id } }';
  const subscription = await api.subscribe(document, { orgId });
  expect(subscription.headers.get('x-accel-buffering')).toBe('no');
  await subscription.next();
  await subscription.close();
});

test('nothing of another organization is told', async () => {
  const stranger = await insertOrganization(database);
  const follower = await follow(api, orgId, { includeHeartbeats: true });
  const strangers = await follow(api, stranger);
  await follower.next();
  await strangers.next();
  const { id } = await mutate(api, 'createWorkspace', { orgId: stranger, name: 'Theirs' });
  await mutate(api, 'recordHeartbeat', { orgId: stranger, workspaceId: id });
  await strangers.nextUntil(tells(id, 'ONLINE'));
  const { id: own } = await create('Ours');
  const told: Update[] = await follower.nextUntil(tells(own, 'OFFLINE'));
  expect(seqsOf(told)).toEqual([1]);
  expect(told.flatMap(({ states }) => states.map(({ workspaceId }) => workspaceId))).toEqual([own]);
});
