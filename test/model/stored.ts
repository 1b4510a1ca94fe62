import type { TestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { type Entry, type Event, firstEventAt, type State, type Token, type Workspace } from './state.ts';

/** Writes the state past the program, and returns the texts of its tokens by their ids. */
export async function insertState(database: TestDatabase, state: State): Promise<Map<string, string>> {
  const { orgId, name, openRoots } = state;
  await insertOrganization(database, { id: orgId, name, openRoots });
  for (const [id, { parentId, name, kind, lifecycle, policy }] of Object.entries(state.workspaces)) {
    await insertWorkspace(database, orgId, { id, parentId, name, kind, lifecycle, pluginPolicy: policy });
  }
  const texts = new Map<string, string>();
  for (const [id, { rootId, name, revoked }] of Object.entries(state.tokens)) {
    const { token } = await insertToken(database, orgId, rootId, {
      id,
      name,
      ...(revoked && { revokedAt: '2001-01-01' }),
    });
    texts.set(id, token);
  }
  for (const { rootId, plugin, by, at } of state.entries) {
    await allow(database, orgId, rootId, plugin, { by, at: `2001-01-0${at} 00:00:00+00` });
  }
  return texts;
}

/** Reads what is stored of the organization now, in the terms of the model. */
export async function readState(database: TestDatabase, initial: State, otherIds: readonly string[]): Promise<State> {
  const { orgId } = initial;
  const rows = <Row extends object>(sql: string) => database.query<Row>(sql, [orgId]);
  const [organization] = await rows<Pick<State, 'name' | 'openRoots'>>(
    'select name, open_roots as "openRoots" from organizations where id = $1',
  );
  const workspaces = await rows<{ id: string; workspace: Workspace }>(
    `select w.id, jsonb_build_object(
       'parentId', w.parent_id, 'name', w.name, 'kind', w.kind, 'runtime', w.runtime, 'policy', w.plugin_policy,
       'lifecycle', w.lifecycle, 'heard', case when h.last_seen_at is not null then h.health end,
       'reported', h.reported_lifecycle, 'status', upper(w.status::text)
     ) as workspace
     from judged_workspaces w join workspace_heartbeats h on h.org_id = w.org_id and h.workspace_id = w.id
     where w.org_id = $1`,
  );
  const tokens = await rows<{ id: string; token: Token }>(
    `select id, jsonb_build_object(
       'rootId', root_id, 'name', name, 'createdBy', created_by, 'revoked', revoked_at is not null,
       'expires', expires_at is not null
     ) as token
     from org_api_tokens where org_id = $1`,
  );
  const entries = await rows<Entry>(
    `select root_id as "rootId", plugin_name as plugin, enabled_by as by,
       case when enabled_at < '2002-01-01' then extract(day from enabled_at at time zone 'utc')::int else ${firstEventAt} + (
         select min(seq)::int from org_events event
         where event.org_id = entry.org_id and event.created_at >= entry.enabled_at
       ) end as at
     from org_plugin_allowlist entry where org_id = $1`,
  );
  const events = await rows<Event>(
    `select type, subject_id as "subjectId", actor, data - 'prefix' as data from org_events where org_id = $1 order by seq`,
  );
  const others = await database.query<{ id: string; name: string }>(
    'select id, name from organizations where id = any($1) and id <> $2',
    [otherIds, orgId],
  );
  if (organization === undefined) throw new Error(`No organization ${orgId} is stored`);
  return {
    ...initial,
    ...organization,
    workspaces: Object.fromEntries(workspaces.map(({ id, workspace }) => [id, workspace])),
    tokens: Object.fromEntries(tokens.map(({ id, token }) => [id, token])),
    entries,
    events,
    others: Object.fromEntries(others.map(({ id, name }) => [id, name])),
  };
}

/** The state as rows that can be compared, in an order of their own. Lists within a row are sorted as well. */
export function comparable(state: State): readonly string[] {
  const byKey = (records: Readonly<Record<string, object>>) =>
    Object.entries(records).map((record) => canonical(record));
  return [
    canonical({ name: state.name, openRoots: state.openRoots, others: state.others }),
    ...byKey(state.workspaces).toSorted(),
    ...byKey(state.tokens).toSorted(),
    ...state.entries.map(canonical).toSorted(),
    ...state.events.map(canonical),
  ];
}

/** One text for whatever is equal, whichever order its properties and lists have. */
function canonical(value: object): string {
  return JSON.stringify(value, (_, inner) => {
    if (Array.isArray(inner)) return inner.toSorted();
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** Deletes all that is stored of these organizations. */
export async function deleteOrganizations(database: TestDatabase, ids: readonly string[]): Promise<void> {
  for (const table of ['org_events', 'org_api_tokens', 'org_plugin_allowlist', 'workspace_heartbeats', 'workspaces']) {
    await database.query(`delete from ${table} where org_id = any($1)`, [ids]);
  }
  await database.query('delete from organizations where id = any($1)', [ids]);
}
