import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertWorkspace } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { minute, type Past, writePast } from '../support/past.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

const day = 24 * 60 * minute;

let orgId: string;
let id: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  id = await insertRoot(database, orgId, { lifecycle: 'provisioning', lifecycleMessage: 'Pulling' });
});

interface Beat {
  id: string;
  seen: boolean;
  health: string;
  message: string | null;
}

const readBeats = () =>
  database.query<Beat>(
    `select workspace_id as id, coalesce(last_seen_at > now() - interval '1 minute', false) as seen, health, message
     from workspace_heartbeats where org_id = $1 order by workspace_id`,
    [orgId],
  );

/** The change writes heartbeats and nothing else: no workspace, and no event. */
async function expectOnlyHeartbeats(change: () => Promise<unknown>): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  await change();
  const after = await snapshotOrganization(database, orgId);
  expect(after).toEqual({ ...before, workspace_heartbeats: after['workspace_heartbeats'] });
}

async function expectRefusal(mutation: string, args: Record<string, unknown>, extensions: object): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  const error = await refuse(api, mutation, { orgId, ...args }, mutation === 'recordHeartbeats' ? '' : '{ id }');
  expect(error.extensions).toMatchObject(extensions);
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

describe('recordHeartbeat', () => {
  test('notes that a workspace is alive, and touches neither its lifecycle nor anything else', async () => {
    await expectOnlyHeartbeats(async () => {
      const args = { orgId, workspaceId: id, health: 'DEGRADED', message: ' No disk ' };
      const beaten = await mutate(api, 'recordHeartbeat', args, '{ id status statusMessage lastHeartbeatAt }');
      expect(beaten).toEqual({ id, status: 'DEGRADED', statusMessage: 'No disk', lastHeartbeatAt: expect.any(String) });
    });
    expect(await readBeats()).toEqual([{ id, seen: true, health: 'degraded', message: 'No disk' }]);
  });

  test('replaces what the beat before said', async () => {
    await mutate(api, 'recordHeartbeat', { orgId, workspaceId: id, health: 'DEGRADED', message: 'No disk' });
    await mutate(api, 'recordHeartbeat', { orgId, workspaceId: id });
    expect(await readBeats()).toEqual([{ id, seen: true, health: 'healthy', message: null }]);
  });

  test('gives a workspace that was written without its heartbeat row one', async () => {
    const imported = await insertWorkspace(database, orgId, { parentId: id, heartbeat: false });
    await mutate(api, 'recordHeartbeat', { orgId, workspaceId: imported });
    expect(await readBeats()).toContainEqual({ id: imported, seen: true, health: 'healthy', message: null });
  });

  test.each<[string, Past, string]>([
    ['has not been heard before', {}, 'ONLINE'],
    ['failed', { lifecycle: 'failed', lifecycleAgo: 10 }, 'ONLINE'],
    ['was reported to fail', { reported: 'failed', reportedAgo: 10 }, 'ONLINE'],
    ['is provisioned for too long', { lifecycle: 'provisioning', lifecycleAgo: day }, 'ONLINE'],
    // A change that another server's clock, or one that was set back, has stamped.
    [
      'failed a moment that is yet to come',
      { lifecycle: 'failed', lifecycleAgo: -minute, lifecycleMessage: 'No' },
      'FAILED',
    ],
    [
      'is reported to be provisioned from then on',
      { lifecycleMessage: 'Given', reported: 'provisioning', reportedAgo: -minute, reportedMessage: 'Pulling' },
      'PROVISIONING',
    ],
    [
      'is reported to fail from then on',
      { lifecycleMessage: 'Given', reported: 'failed', reportedAgo: -minute, reportedMessage: 'No image' },
      'FAILED',
    ],
    ['is given back from then on', { lifecycleAgo: -minute, reported: 'failed', reportedAgo: 10 }, 'OFFLINE'],
  ])('answers as who reads it next is answered, for one that %s', async (_, past, status) => {
    await writePast(database, orgId, id, past);
    const shown = '{ id name status statusMessage lastHeartbeatAt }';
    const beaten = await mutate(api, 'recordHeartbeat', { orgId, workspaceId: id, message: 'Here' }, shown);
    const read = `query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) ${shown} }`;
    expect(beaten).toEqual((await api.expectData(read, { orgId, id }))['workspace']);
    expect(beaten).toMatchObject({ status });
  });

  test('answers what the workspace says of itself', async () => {
    const args = { orgId, workspaceId: id, health: 'DEGRADED', message: 'No disk' };
    const read = 'query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) { status statusMessage } }';
    const beaten = await mutate(api, 'recordHeartbeat', args, '{ status statusMessage }');
    expect(beaten).toEqual({ status: 'DEGRADED', statusMessage: 'No disk' });
    expect(beaten).toEqual((await api.expectData(read, { orgId, id }))['workspace']);
  });

  test('shows what hangs on the workspace, where that is asked for', async () => {
    const child = await insertWorkspace(database, orgId, { parentId: id, name: 'Child' });
    const shown = '{ name parent { id name } organization { id } root { id } apiTokens { name } ancestors { id } }';
    expect(await mutate(api, 'recordHeartbeat', { orgId, workspaceId: child }, shown)).toMatchObject({
      name: 'Child',
      parent: { id },
      organization: { id: orgId },
      root: { id },
      apiTokens: [],
      ancestors: [{ id }],
    });
  });
});

describe.each([
  ['recordHeartbeat', {}],
  ['reportProvisioning', { state: 'FAILED' }],
])('%s', (mutation, args) => {
  test('refuses a removed workspace, with its heartbeat row or without, and leaves it removed', async () => {
    for (const heartbeat of [true, false]) {
      const removed = await insertRoot(database, orgId, { lifecycle: 'removed', heartbeat });
      await expectRefusal(
        mutation,
        { ...args, workspaceId: removed },
        { code: 'WORKSPACE_REMOVED', workspaceId: removed },
      );
    }
  });

  test('refuses a workspace that is unknown, or in another organization', async () => {
    for (const workspaceId of [randomUUID(), neighbour.childId]) {
      await expectRefusal(mutation, { ...args, workspaceId }, { code: 'WORKSPACE_NOT_FOUND', orgId, workspaceId });
    }
  });

  test('refuses a message that is too long, or that cannot be stored', async () => {
    for (const message of ['x'.repeat(2_001), 'a\u0000b']) {
      await expectRefusal(mutation, { ...args, workspaceId: id, message }, { code: 'BAD_USER_INPUT' });
    }
  });
});

describe('reportProvisioning', () => {
  test.each(['PROVISIONING', 'FAILED', 'OFFLINE'])('of %s stands beside the heartbeats', async (state) => {
    await expectOnlyHeartbeats(async () => {
      const args = { orgId, workspaceId: id, state, message: 'Said' };
      expect(await mutate(api, 'reportProvisioning', args, '{ status }')).toEqual({ status: state });
    });
    expect(
      await database.query(
        'select reported_lifecycle, reported_message, last_seen_at from workspace_heartbeats where org_id = $1',
        [orgId],
      ),
    ).toEqual([{ reported_lifecycle: state.toLowerCase(), reported_message: 'Said', last_seen_at: null }]);
  });
});

describe('recordHeartbeats', () => {
  const record = (heartbeats: unknown[]) => mutate(api, 'recordHeartbeats', { orgId, heartbeats }, '');

  test('records 1,000 at once, in one statement', async () => {
    await database.query(
      `with workspace as (
         insert into workspaces (org_id, parent_id, name) select $1, $2, 'w' || n from generate_series(1, 999) n returning org_id, id
       )
       insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from workspace`,
      [orgId, id],
    );
    const all = await database.query<{ id: string }>('select id from workspaces where org_id = $1', [orgId]);
    const heartbeats = all.map(({ id: workspaceId }) => ({ workspaceId, message: 'Here' }));
    await expectOnlyHeartbeats(async () => {
      const statements = await recordStatements(async () => expect(await record(heartbeats)).toBe(1_000));
      expect(statements).toHaveLength(1);
    });
    const beats = await readBeats();
    expect(beats).toHaveLength(1_000);
    for (const beat of beats) expect(beat).toMatchObject({ seen: true, message: 'Here' });
  });

  test('refuses more than 1,000, and records none of them', async () => {
    const heartbeats = Array.from({ length: 1_001 }, () => ({ workspaceId: id }));
    await expectRefusal(
      'recordHeartbeats',
      { heartbeats },
      { code: 'LIMIT_EXCEEDED', argument: 'heartbeats', limit: 1_000 },
    );
  });

  test('passes over what is unknown, removed, or in another organization, and counts the rest', async () => {
    const removed = await insertRoot(database, orgId, { lifecycle: 'removed' });
    const imported = await insertWorkspace(database, orgId, { parentId: id, heartbeat: false });
    const gone = await insertRoot(database, orgId, { lifecycle: 'removed', heartbeat: false });
    await expectOnlyHeartbeats(async () => {
      const ids = [randomUUID(), removed, id, neighbour.childId, imported, gone];
      expect(await record(ids.map((workspaceId) => ({ workspaceId })))).toBe(2);
    });
    const seen = (await readBeats()).filter((beat) => beat.seen);
    expect(seen.map((beat) => beat.id)).toEqual([id, imported].sort());
  });

  test('of several beats for one workspace takes the last, and counts it once', async () => {
    const heartbeats = [
      { workspaceId: id, health: 'HEALTHY', message: 'First' },
      { workspaceId: id.toUpperCase(), health: 'DEGRADED', message: 'Last' },
    ];
    expect(await record(heartbeats)).toBe(1);
    expect(await readBeats()).toEqual([{ id, seen: true, health: 'degraded', message: 'Last' }]);
  });

  test('of none records none', async () => {
    await expectOnlyHeartbeats(async () => expect(await record([])).toBe(0));
  });

  test('refuses a list with one id that is no UUID, and records none of it', async () => {
    await expectRefusal(
      'recordHeartbeats',
      { heartbeats: [{ workspaceId: id }, { workspaceId: 'x' }] },
      { code: 'BAD_USER_INPUT', problems: [{ argument: 'heartbeats.1.workspaceId' }] },
    );
  });
});
