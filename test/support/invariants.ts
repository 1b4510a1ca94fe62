import type { TestDatabase } from './database.ts';

/** A row, or an organization, in a state that the design does not allow. */
export interface Violation {
  readonly invariant: Invariant;
  readonly orgId: string;
  /** What it is about: the id of a workspace or token, a plugin, or the number of an event. */
  readonly subject: string;
}

export type Invariant = keyof typeof violations;

/**
 * What must hold of all organizations at every moment, by what is wrong where it does not. Each statement selects the
 * rows that break it as `org_id` and `subject`. It looks at nothing but stored rows, and relies on no constraint.
 */
const violations = {
  'a workspace of no organization': `
    select w.org_id, w.id as subject from workspaces w
    where not exists (select from organizations o where o.id = w.org_id)`,
  'a parent that is not in the organization': `
    select w.org_id, w.id as subject from workspaces w
    where w.parent_id is not null
      and not exists (select from workspaces parent where parent.org_id = w.org_id and parent.id = w.parent_id)`,
  'a workspace that hangs on no root': `
    with recursive down as (
      select org_id, id from workspaces where parent_id is null
      union
      select child.org_id, child.id
      from down join workspaces child on child.org_id = down.org_id and child.parent_id = down.id
    )
    select w.org_id, w.id as subject from workspaces w
    where not exists (select from down where down.org_id = w.org_id and down.id = w.id)`,
  'a live workspace below a removed one': `
    select w.org_id, w.id as subject
    from workspaces w join workspaces parent on parent.org_id = w.org_id and parent.id = w.parent_id
    where w.lifecycle <> 'removed' and parent.lifecycle = 'removed'`,
  'a live root beside the platform agent': `
    select w.org_id, w.id as subject from workspaces w join organizations o on o.id = w.org_id
    where not o.open_roots and w.parent_id is null and w.kind = 'workspace' and w.lifecycle <> 'removed'`,
  'an installed organization without a platform agent': `
    select o.id as org_id, o.id as subject from organizations o
    where not o.open_roots
      and not exists (select from workspaces w where w.org_id = o.id and w.kind = 'platform')`,
  'a second live platform agent': `
    select org_id, min(id::text) as subject from workspaces
    where kind = 'platform' and lifecycle <> 'removed' group by org_id having count(*) > 1`,
  'a platform agent with a parent': `
    select org_id, id as subject from workspaces where kind = 'platform' and parent_id is not null`,
  'a tier that does not fit the kind': `
    select org_id, id as subject from workspaces where tier < 0 or (kind = 'platform') <> (tier = 0)`,
  'two live siblings of one name': `
    select org_id, min(id::text) as subject from workspaces
    where lifecycle <> 'removed' group by org_id, parent_id, name having count(*) > 1`,
  'a workspace without a heartbeat row': `
    select w.org_id, w.id as subject from workspaces w
    where not exists (select from workspace_heartbeats h where h.org_id = w.org_id and h.workspace_id = w.id)`,
  'a heartbeat row of no workspace': `
    select h.org_id, h.workspace_id as subject from workspace_heartbeats h
    where not exists (select from workspaces w where w.org_id = h.org_id and w.id = h.workspace_id)`,
  'a token on something that is no root': `
    select t.org_id, t.id as subject from org_api_tokens t
    where not exists (
      select from workspaces w where w.org_id = t.org_id and w.id = t.root_id and w.parent_id is null
    )`,
  'a token of a removed root that is not revoked': `
    select t.org_id, t.id as subject
    from org_api_tokens t join workspaces w on w.org_id = t.org_id and w.id = t.root_id
    where w.lifecycle = 'removed' and t.revoked_at is null`,
  'a plugin allowed on something that is no root': `
    select p.org_id, p.plugin_name as subject from org_plugin_allowlist p
    where not exists (
      select from workspaces w where w.org_id = p.org_id and w.id = p.root_id and w.parent_id is null
    )`,
  'a plugin twice on one root': `
    select org_id, plugin_name as subject from org_plugin_allowlist
    group by org_id, root_id, plugin_name having count(*) > 1`,
  // An entry that the API made has the moment just before its event, and the actor of that event. Both go with it.
  'an allowlist entry whose provenance is not that of its event': `
    select p.org_id, p.plugin_name as subject
    from org_plugin_allowlist p
    cross join lateral (
      select min(e.created_at) as since from org_events e where e.org_id = p.org_id
    ) history
    where p.enabled_at > history.since and not exists (
      select from org_events e
      where e.org_id = p.org_id and e.type = 'plugin.allowed' and e.data ->> 'plugin' = p.plugin_name
        and e.actor = p.enabled_by
        and e.seq = (
          select min(later.seq) from org_events later
          where later.org_id = p.org_id and later.created_at >= p.enabled_at
        )
    )`,
  'a gap in the numbers of the events': `
    select org_id, seq::text as subject from (
      select org_id, seq, row_number() over (partition by org_id order by seq) as expected from org_events
    ) numbered
    where seq <> expected`,
  'a count of events that is not that of the events': `
    select o.id as org_id, o.event_seq::text as subject from organizations o
    where o.event_seq <> (select count(*) from org_events e where e.org_id = o.id)`,
} as const;

/** The names of all that is looked for. */
export const invariants = Object.keys(violations) as Invariant[];

/** Finds what is wrong with the stored rows of any organization. */
export async function findViolations(database: Pick<TestDatabase, 'query'>): Promise<Violation[]> {
  const selects = invariants.map(
    (invariant) =>
      `select '${invariant}' as invariant, org_id::text as "orgId", subject::text from (${violations[invariant]}) found`,
  );
  return database.query<Violation>(selects.join('\nunion all\n'));
}
