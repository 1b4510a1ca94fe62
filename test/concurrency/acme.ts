import { expect } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import type { TestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { findViolations, type Invariant } from '../support/invariants.ts';

/** The organization that the operations of a test meet in: two live roots, one of them with a child, and a tombstone. */
export interface Acme {
  readonly orgId: string;
  /** The id that its platform agent is going to have. */
  readonly agentId: string;
  readonly alpha: string;
  readonly beta: string;
  /** The child of alpha. */
  readonly worker: string;
  readonly gone: string;
  readonly alphaToken: string;
  readonly betaToken: string;
}

/** What is stored of an organization, in words: `Alpha/Worker`, `search on Alpha by ann`, `alpha on Alpha (revoked)`. */
export interface State {
  readonly workspaces: readonly string[];
  readonly tokens: readonly string[];
  readonly plugins: readonly string[];
  /** Live roots that admit only the plugins on their list. */
  readonly restricted: readonly string[];
  /** Their types, by seq. */
  readonly events: readonly string[];
}

/** Inserts the organization of `asInserted`. */
export async function insertAcme(database: TestDatabase): Promise<Acme> {
  const orgId = await insertOrganization(database);
  const alpha = await insertRoot(database, orgId, { name: 'Alpha' });
  const beta = await insertRoot(database, orgId, { name: 'Beta' });
  const worker = await insertWorkspace(database, orgId, { parentId: alpha, name: 'Worker' });
  const gone = await insertRoot(database, orgId, { name: 'Gone', lifecycle: 'removed' });
  await allow(database, orgId, alpha, 'browser', { by: 'ann', at: '2026-01-02' });
  await allow(database, orgId, alpha, 'search', { by: 'ann', at: '2026-01-02' });
  await allow(database, orgId, beta, 'search', { by: 'bob', at: '2026-01-01' });
  await allow(database, orgId, gone, 'search', { by: 'cid', at: '2026-01-03' });
  const alphaToken = (await insertToken(database, orgId, alpha, { name: 'alpha' })).id;
  const betaToken = (await insertToken(database, orgId, beta, { name: 'beta' })).id;
  await insertToken(database, orgId, gone, { name: 'gone', revokedAt: '2026-01-03' });
  return { orgId, agentId: platformAgentId(orgId), alpha, beta, worker, gone, alphaToken, betaToken };
}

export const asInserted: State = {
  workspaces: ['Alpha', 'Alpha/Worker', 'Beta', 'Gone (removed)'],
  tokens: ['alpha on Alpha', 'beta on Beta', 'gone on Gone (revoked)'],
  plugins: ['browser on Alpha by ann', 'search on Alpha by ann', 'search on Beta by bob', 'search on Gone by cid'],
  restricted: [],
  events: [],
};

/** What an install that nothing interferes with makes of it. */
export const asInstalled = installedUnder('Acme Agent');

/** As `asInstalled`, with another name for the platform agent. */
export function installedUnder(agent: string): State {
  return {
    workspaces: [agent, `${agent}/Alpha`, `${agent}/Alpha/Worker`, `${agent}/Beta`, 'Gone (removed)'],
    tokens: [`alpha on ${agent}`, `beta on ${agent}`, 'gone on Gone (revoked)'],
    plugins: [`browser on ${agent} by ann`, `search on ${agent} by bob`, 'search on Gone by cid'],
    restricted: [],
    events: ['platform_agent.installed'],
  };
}

/** The state with more in it. */
export function plus(state: State, more: Partial<State>): State {
  const grown = Object.entries(state).map(([key, lines]) => [key, [...lines, ...(more[key as keyof State] ?? [])]]);
  return Object.fromEntries(grown);
}

/** The state with some of its lines in other words; null strikes a line out. */
export function but(state: State, replacements: Readonly<Record<string, string | null>>): State {
  const known = new Set(Object.values(state).flat());
  for (const line of Object.keys(replacements)) if (!known.has(line)) throw new Error(`There is no line "${line}"`);
  const changed = Object.entries(state).map(([key, lines]: [string, readonly string[]]) => [
    key,
    lines.map((line) => (line in replacements ? replacements[line] : line)).filter((line) => line !== null),
  ]);
  return Object.fromEntries(changed);
}

/**
 * Expects that this, and nothing else, is stored of the organization, and what holds for every organization at every
 * moment.
 */
export async function expectState(database: TestDatabase, { orgId }: Acme, expected: State): Promise<void> {
  expect(await readState(database, orgId)).toEqual(inOrder(expected));
  await expectSound(database, orgId);
}

/** What foreign writers may leave, who know nothing of heartbeats, nor of the tokens of what they remove. */
const leftByForeignWriters: readonly Invariant[] = [
  'a workspace without a heartbeat row',
  'a token of a removed root that is not revoked',
];

/**
 * Expects what holds for every organization at every moment, and that the only live root of an installed one is the
 * platform agent of its canonical id.
 *
 * @param tolerated what may be wrong all the same: what foreign writers leave, unless given
 */
export async function expectSound(
  database: TestDatabase,
  orgId: string,
  tolerated: readonly Invariant[] = leftByForeignWriters,
): Promise<void> {
  const violations = await findViolations(database);
  const own = violations.filter((violation) => violation.orgId === orgId);
  expect(own.filter(({ invariant }) => !tolerated.includes(invariant))).toEqual([]);
  const [organization] = await database.query<{ open_roots: boolean }>(
    'select open_roots from organizations where id = $1',
    [orgId],
  );
  if (organization?.open_roots !== false) return;
  const roots = await database.query(
    `select id, kind::text from workspaces where org_id = $1 and parent_id is null and lifecycle <> 'removed'`,
    [orgId],
  );
  expect(roots).toEqual([{ id: platformAgentId(orgId), kind: 'platform' }]);
}

/** What is stored of the organization, in order. */
export async function readState(database: TestDatabase, orgId: string): Promise<State> {
  const lines = async (sql: string) => (await database.query<{ line: string }>(sql, [orgId])).map(({ line }) => line);
  return inOrder({
    workspaces: await lines(
      `with recursive down as (
         select id, name as path, lifecycle from workspaces where org_id = $1 and parent_id is null
         union all
         select child.id, down.path || '/' || child.name, child.lifecycle
         from down join workspaces child on child.org_id = $1 and child.parent_id = down.id
       )
       select path || case lifecycle when 'removed' then ' (removed)' else '' end as line from down`,
    ),
    tokens: await lines(
      `select t.name || ' on ' || w.name || case when t.revoked_at is null then '' else ' (revoked)' end as line
       from org_api_tokens t join workspaces w on w.org_id = t.org_id and w.root_id = t.root_id where t.org_id = $1`,
    ),
    plugins: await lines(
      `select p.plugin_name || ' on ' || w.name || ' by ' || p.enabled_by as line
       from org_plugin_allowlist p join workspaces w on w.org_id = p.org_id and w.root_id = p.root_id
       where p.org_id = $1`,
    ),
    restricted: await lines(
      `select name as line from workspaces
       where org_id = $1 and parent_id is null and lifecycle <> 'removed' and plugin_policy = 'allow_listed'`,
    ),
    events: await lines('select type as line from org_events where org_id = $1 order by seq'),
  });
}

function inOrder({ workspaces, tokens, plugins, restricted, events }: State): State {
  return {
    workspaces: workspaces.toSorted(),
    tokens: tokens.toSorted(),
    plugins: plugins.toSorted(),
    restricted: restricted.toSorted(),
    events,
  };
}
