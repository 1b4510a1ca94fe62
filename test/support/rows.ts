import type { TestDatabase } from './database.ts';

// What is stored, as tests compare it: without what differs from run to run, and with microseconds, which a Date loses.

const microseconds = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US')`;

export interface StoredWorkspace {
  id: string;
  parentId: string | null;
  name: string;
  kind: string;
  tier: number;
  runtime: string;
  lifecycle: string;
  lifecycleMessage: string | null;
  pluginPolicy: string;
}

/** The workspaces of an organization, by name and id. */
export async function readWorkspaces(database: TestDatabase, orgId: string): Promise<StoredWorkspace[]> {
  return database.query<StoredWorkspace>(
    `select id, parent_id as "parentId", name, kind, tier, runtime, lifecycle, lifecycle_message as "lifecycleMessage",
            plugin_policy as "pluginPolicy"
     from workspaces where org_id = $1 order by name, id`,
    [orgId],
  );
}

/** One workspace. */
export async function readWorkspace(database: TestDatabase, orgId: string, id: string): Promise<StoredWorkspace> {
  const workspace = (await readWorkspaces(database, orgId)).find((row) => row.id === id);
  if (workspace === undefined) throw new Error(`No workspace ${id} is stored in organization ${orgId}`);
  return workspace;
}

/** The parent of every workspace, by the workspace's name. */
export async function readParents(database: TestDatabase, orgId: string): Promise<Record<string, string | null>> {
  const workspaces = await readWorkspaces(database, orgId);
  return Object.fromEntries(workspaces.map(({ name, parentId }) => [name, parentId]));
}

export interface StoredEntry {
  rootId: string;
  plugin: string;
  by: string;
  at: string;
}

/** The allowlists of an organization, by plugin and root. */
export async function readAllowlist(database: TestDatabase, orgId: string): Promise<StoredEntry[]> {
  return database.query<StoredEntry>(
    `select root_id as "rootId", plugin_name as plugin, enabled_by as by, ${microseconds('enabled_at')} as at
     from org_plugin_allowlist where org_id = $1 order by plugin_name, root_id`,
    [orgId],
  );
}

/** The root that every token of an organization is anchored to, by the token's id. */
export async function readAnchors(database: TestDatabase, orgId: string): Promise<Record<string, string>> {
  const tokens = await database.query<{ id: string; root: string }>(
    'select id, root_id as root from org_api_tokens where org_id = $1',
    [orgId],
  );
  return Object.fromEntries(tokens.map(({ id, root }) => [id, root]));
}

export interface StoredEvent {
  seq: number;
  type: string;
  actor: string;
  subjectId: string | null;
  data: Record<string, unknown>;
}

/** The events of an organization, in their order. */
export async function readEvents(database: TestDatabase, orgId: string): Promise<StoredEvent[]> {
  return database.query<StoredEvent>(
    `select seq::int, type, actor, subject_id as "subjectId", data from org_events where org_id = $1 order by seq`,
    [orgId],
  );
}

export interface StoredOrganization {
  name: string;
  openRoots: boolean;
  eventSeq: number;
}

/** The organization's own row. */
export async function readOrganization(database: TestDatabase, orgId: string): Promise<StoredOrganization | undefined> {
  const [organization] = await database.query<StoredOrganization>(
    'select name, open_roots as "openRoots", event_seq::int as "eventSeq" from organizations where id = $1',
    [orgId],
  );
  return organization;
}
