import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { findViolations, type Invariant, invariants } from '../support/invariants.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const neighbour = watchNeighbour(database);
// Whatever is illegal can be written here, as into a database whose constraints somebody has dropped.
await database.query(`
  do $$ declare dropped record; begin
    for dropped in
      select conrelid::regclass as "table", conname from pg_constraint
      where connamespace = 'public'::regnamespace and contype in ('f', 'c', 'p')
      order by contype = 'p'
    loop
      execute format('alter table %s drop constraint %I cascade', dropped."table", dropped.conname);
    end loop;
    drop index uniq_workspaces_one_platform_root, workspaces_parent_name_uniq;
  end $$`);

interface Organization {
  readonly orgId: string;
  readonly agentId: string;
  readonly childId: string;
  readonly removedId: string;
}

/** An installed organization that breaks nothing. */
async function insertSound(): Promise<Organization> {
  const orgId = await insertOrganization(database, { openRoots: false });
  const agentId = await insertPlatformAgent(database, orgId);
  const childId = await insertWorkspace(database, orgId, { parentId: agentId, name: 'Worker' });
  const removedId = await insertRoot(database, orgId, { name: 'Gone', lifecycle: 'removed' });
  await insertToken(database, orgId, agentId);
  await insertToken(database, orgId, removedId, { revokedAt: '2026-01-01' });
  await allow(database, orgId, agentId, 'search', { at: '2026-01-01' });
  return { orgId, agentId, childId, removedId };
}

const update = (set: string, { orgId }: Organization, id: string) =>
  database.query(`update workspaces set ${set} where org_id = $1 and id = $2`, [orgId, id]);
const insertEvent = ({ orgId }: Organization, seq: number, type: string, data = '{}') =>
  database.query(
    `with counted as (update organizations set event_seq = event_seq + 1 where id = $1)
     insert into org_events (org_id, seq, type, actor, data) values ($1, $2, $3, 'ann', $4)`,
    [orgId, seq, type, data],
  );

/** What breaks an invariant, and that one alone. */
const breaches: Record<Invariant, (organization: Organization) => Promise<unknown>> = {
  'a workspace of no organization': () => insertRoot(database, randomUUID()),
  'a parent that is not in the organization': ({ orgId }) =>
    insertWorkspace(database, orgId, { parentId: neighbour.rootIds[0] }),
  'a workspace that hangs on no root': async (organization) => {
    const { orgId, childId } = organization;
    const below = await insertWorkspace(database, orgId, { parentId: childId });
    await update(`parent_id = '${below}'`, organization, childId);
  },
  'a live workspace below a removed one': ({ orgId, removedId }) =>
    insertWorkspace(database, orgId, { parentId: removedId }),
  'a live root beside the platform agent': ({ orgId }) => insertRoot(database, orgId),
  'an installed organization without a platform agent': () => insertOrganization(database, { openRoots: false }),
  'a second live platform agent': ({ orgId }) =>
    insertPlatformAgent(database, orgId, { id: randomUUID(), name: 'Other' }),
  'a platform agent with a parent': (organization) =>
    update(`kind = 'platform', tier = 0, lifecycle = 'removed'`, organization, organization.childId),
  'a tier that does not fit the kind': (organization) => update('tier = 1', organization, organization.agentId),
  'two live siblings of one name': ({ orgId, agentId }) =>
    insertWorkspace(database, orgId, { parentId: agentId, name: 'Worker' }),
  'a workspace without a heartbeat row': ({ orgId, agentId }) =>
    insertWorkspace(database, orgId, { parentId: agentId, heartbeat: false }),
  'a heartbeat row of no workspace': ({ orgId }) =>
    database.query('insert into workspace_heartbeats (org_id, workspace_id) values ($1, $2)', [orgId, randomUUID()]),
  'a token on something that is no root': ({ orgId, childId }) => insertToken(database, orgId, childId),
  'a token of a removed root that is not revoked': ({ orgId, removedId }) => insertToken(database, orgId, removedId),
  'a plugin allowed on something that is no root': ({ orgId, childId }) =>
    allow(database, orgId, childId, 'search', { at: '2026-01-01' }),
  'a plugin twice on one root': ({ orgId, agentId }) => allow(database, orgId, agentId, 'search', { at: '2026-01-02' }),
  'an allowlist entry whose provenance is not that of its event': async (organization) => {
    await insertEvent(organization, 1, 'workspace.created');
    await allow(database, organization.orgId, organization.agentId, 'mail', { by: 'bob', at: '2200-01-01' });
  },
  'a gap in the numbers of the events': (organization) => insertEvent(organization, 2, 'workspace.created'),
  'a count of events that is not that of the events': ({ orgId }) =>
    database.query('update organizations set event_seq = 1 where id = $1', [orgId]),
};

/** What is found besides, as it cannot be otherwise. */
const consequences: Partial<Record<Invariant, Invariant>> = {
  'a parent that is not in the organization': 'a workspace that hangs on no root',
};

beforeEach(() => database.query('begin'));
afterEach(() => database.query('rollback'));

test('of sound organizations nothing is found', async () => {
  const organization = await insertSound();
  await insertEvent(organization, 1, 'workspace.created');
  const [now] = await database.query<{ at: string }>('select clock_timestamp()::text as at');
  await allow(database, organization.orgId, organization.agentId, 'mail', { by: 'ann', ...now });
  await insertEvent(organization, 2, 'plugin.allowed', '{"plugin": "mail"}');
  expect(await findViolations(database)).toEqual([]);
});

test.each(invariants)('%s is found', async (invariant) => {
  await breaches[invariant](await insertSound());
  const found = new Set((await findViolations(database)).map((violation) => violation.invariant));
  expect(found).toEqual(new Set([invariant, consequences[invariant] ?? []].flat()));
});
