import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type {
  PluginPolicy,
  WorkspaceHealth,
  WorkspaceKind,
  WorkspaceLifecycle,
} from '../../src/generated/prisma/enums.ts';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import type { TestDatabase } from './database.ts';

// Rows as a foreign writer might have left them: raw SQL, past the program that is under test. Times are texts or
// Dates; a text such as `2026-01-02 03:04:05.678901+00` keeps its microseconds.

type Time = string | Date;

interface OrganizationOptions {
  id?: string;
  name?: string;
  openRoots?: boolean;
}

/** Inserts an organization without any workspace, and returns its id. */
export async function insertOrganization(database: TestDatabase, options: OrganizationOptions = {}): Promise<string> {
  const { id = randomUUID(), name = 'Acme', openRoots = true } = options;
  await database.query('insert into organizations (id, name, open_roots) values ($1, $2, $3)', [id, name, openRoots]);
  return id;
}

interface WorkspaceOptions {
  id?: string;
  /** Left out: a root. */
  parentId?: string | null;
  /** Left out: one of its own. */
  name?: string;
  kind?: WorkspaceKind;
  /** Left out: 0 for the platform agent, else 1. */
  tier?: number;
  runtime?: string;
  lifecycle?: WorkspaceLifecycle;
  lifecycleAt?: Time;
  lifecycleMessage?: string;
  pluginPolicy?: PluginPolicy;
  /** False leaves its heartbeat row out, as a writer that knows of no heartbeats would. */
  heartbeat?: boolean;
}

/** Inserts a workspace of any kind, with its heartbeat row, and returns its id. */
export async function insertWorkspace(
  database: TestDatabase,
  orgId: string,
  options: WorkspaceOptions = {},
): Promise<string> {
  const { id = randomUUID(), parentId = null, kind = 'workspace', heartbeat = true } = options;
  await database.query(
    `insert into workspaces
       (org_id, id, parent_id, name, kind, tier, runtime, lifecycle, lifecycle_at, lifecycle_message, plugin_policy)
     values ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9::timestamptz, now()), $10, $11)`,
    [
      orgId,
      id,
      parentId,
      options.name ?? `workspace-${id}`,
      kind,
      options.tier ?? (kind === 'platform' ? 0 : 1),
      options.runtime ?? 'claude-code',
      options.lifecycle ?? 'offline',
      options.lifecycleAt ?? null,
      options.lifecycleMessage ?? null,
      options.pluginPolicy ?? 'allow_all',
    ],
  );
  if (heartbeat) {
    await database.query('insert into workspace_heartbeats (org_id, workspace_id) values ($1, $2)', [orgId, id]);
  }
  return id;
}

/** Inserts a workspace without a parent, and returns its id. */
export async function insertRoot(
  database: TestDatabase,
  orgId: string,
  options: Omit<WorkspaceOptions, 'parentId'> = {},
): Promise<string> {
  return insertWorkspace(database, orgId, { ...options, parentId: null });
}

/** Inserts a platform agent as a root, under the canonical id unless another is given, and returns its id. */
export async function insertPlatformAgent(
  database: TestDatabase,
  orgId: string,
  options: Omit<WorkspaceOptions, 'parentId' | 'kind'> = {},
): Promise<string> {
  return insertRoot(database, orgId, { id: platformAgentId(orgId), name: 'Acme Agent', ...options, kind: 'platform' });
}

interface Provenance {
  by?: string;
  at?: Time;
}

/** Puts a plugin on the allowlist of a root. */
export async function allow(
  database: TestDatabase,
  orgId: string,
  rootId: string,
  plugin: string,
  { by = 'fixture', at }: Provenance = {},
): Promise<void> {
  await database.query(
    `insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by, enabled_at)
     values ($1, $2, $3, $4, coalesce($5::timestamptz, now()))`,
    [orgId, rootId, plugin, by, at ?? null],
  );
}

interface TokenOptions {
  id?: string;
  name?: string;
  expiresAt?: Time;
  revokedAt?: Time;
}

/** Anchors a token to a root. Returns its id, and the text that authenticates with it. */
export async function insertToken(
  database: TestDatabase,
  orgId: string,
  rootId: string,
  options: TokenOptions = {},
): Promise<{ id: string; token: string }> {
  const { id = randomUUID(), name = 'fixture' } = options;
  const token = `tap_${orgId}_${randomBytes(32).toString('base64url')}`;
  await database.query(
    `insert into org_api_tokens (org_id, id, root_id, name, prefix, token_hash, created_by, expires_at, revoked_at)
     values ($1, $2, $3, $4, left($5, 49), $6, 'fixture', $7, $8)`,
    [
      orgId,
      id,
      rootId,
      name,
      token,
      createHash('sha256').update(token).digest(),
      options.expiresAt ?? null,
      options.revokedAt ?? null,
    ],
  );
  return { id, token };
}

interface HeartbeatOptions {
  /** How long ago it came, in seconds of the database's clock; null for never. */
  secondsAgo?: number | null;
  health?: WorkspaceHealth;
  message?: string | null;
}

/** Sets the last heartbeat of a workspace, which has its heartbeat row. */
export async function setHeartbeat(
  database: TestDatabase,
  orgId: string,
  workspaceId: string,
  { secondsAgo = 0, health = 'healthy', message = null }: HeartbeatOptions = {},
): Promise<void> {
  await database.query(
    `update workspace_heartbeats
     set last_seen_at = clock_timestamp() - make_interval(secs => $3::float8), health = $4, message = $5
     where org_id = $1 and workspace_id = $2`,
    [orgId, workspaceId, secondsAgo, health, message],
  );
}

export interface Neighbour {
  readonly orgId: string;
  readonly rootIds: readonly [string, string];
  readonly childId: string;
  readonly removedId: string;
  readonly tokenId: string;
  readonly token: string;
}

/**
 * Inserts an organization that has some of everything, and looks like any other: the names and plugins of the tests
 * occur in it as well, so that a statement which forgets the organization's id hits it.
 */
export async function insertNeighbour(database: TestDatabase): Promise<Neighbour> {
  const orgId = await insertOrganization(database);
  const first = await insertRoot(database, orgId, { name: 'Alpha' });
  const second = await insertRoot(database, orgId, { name: 'Beta', pluginPolicy: 'allow_listed' });
  const childId = await insertWorkspace(database, orgId, {
    parentId: first,
    name: 'Worker',
    lifecycle: 'provisioning',
  });
  const removedId = await insertRoot(database, orgId, { name: 'Gone', lifecycle: 'removed' });
  for (const rootId of [first, second, removedId]) {
    await allow(database, orgId, rootId, 'search');
    await allow(database, orgId, rootId, 'browser');
    await insertToken(database, orgId, rootId, rootId === removedId ? { revokedAt: '2026-01-01' } : {});
  }
  const { id: tokenId, token } = await insertToken(database, orgId, first);
  await setHeartbeat(database, orgId, childId);
  await database.query('update organizations set event_seq = 1 where id = $1', [orgId]);
  await database.query(
    `insert into org_events (org_id, seq, type, actor) values ($1, 1, 'organization.created', 'fixture')`,
    [orgId],
  );
  return { orgId, rootIds: [first, second], childId, removedId, tokenId, token };
}
