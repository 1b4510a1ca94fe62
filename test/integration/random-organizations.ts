import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import type { TestDatabase } from '../support/database.ts';

// Organizations in every state before an install that the schema admits, from pools so small that names, plugins, times
// and authors often meet.

const organizationName = 'Acme';
/** The first is the name that the agent gets by default. */
const names = ['Acme Agent', 'Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon', 'Zeta'] as const;
const plugins = ['browser', 'Search', 'search', 'shell'] as const;
const authors = ['ada', 'Bob', 'operator'] as const;
const times = ['2026-01-02 03:04:05.678001+00', '2026-01-02 03:04:05.678002+00', '2026-01-02 03:04:06+00'] as const;

interface Anchors {
  /** Whether each is revoked. */
  readonly tokens: readonly boolean[];
  readonly entries: readonly { readonly plugin: string; readonly by: string; readonly at: string }[];
}

interface RandomWorkspace {
  readonly name: string;
  readonly lifecycle: 'offline' | 'failed' | 'removed';
  readonly policy: 'allow_all' | 'allow_listed';
}

interface RandomRoot extends RandomWorkspace {
  readonly anchors: Anchors;
  /** The name of a child of it. */
  readonly worker: string | null;
}

/** What is there under the agent's id: nothing, an ordinary root, a child, or a platform agent. */
type Place = 'absent' | 'root' | 'child' | 'platform';

export interface RandomOrganization {
  readonly openRoots: boolean;
  readonly roots: readonly RandomRoot[];
  readonly agent: RandomRoot & {
    readonly place: Place;
    /** Which of the roots, the foreign agent behind them, it is a child of. */
    readonly parent: number;
    readonly children: readonly RandomWorkspace[];
  };
  /** A platform agent of another id. */
  readonly foreign: RandomRoot | null;
  /** What the caller of the install wants the agent to be called. */
  readonly requestedName: string | undefined;
}

const name = fc.constantFrom(...names);
const policy = fc.constantFrom('allow_all' as const, 'allow_all' as const, 'allow_listed' as const);
const lifecycle = fc.constantFrom('offline' as const, 'offline' as const, 'failed' as const, 'removed' as const);
const anchors = fc.record({
  tokens: fc.array(fc.boolean(), { maxLength: 2 }),
  entries: fc.uniqueArray(
    fc.record({
      plugin: fc.constantFrom(...plugins),
      by: fc.constantFrom(...authors),
      at: fc.constantFrom(...times),
    }),
    { selector: ({ plugin }) => plugin, maxLength: 3 },
  ),
});
const workspace = fc.record({ name, lifecycle, policy });
const root = fc.record({ name, lifecycle, policy, anchors, worker: fc.option(name) });

/** Any organization; what the schema does not admit is taken out of it. */
export const randomOrganization: fc.Arbitrary<RandomOrganization> = fc
  .record({
    openRoots: fc.constantFrom(true, true, true, false),
    roots: fc.array(root, { maxLength: 6 }),
    agent: fc.record({
      name,
      lifecycle: fc.constantFrom('offline' as const, 'failed' as const, 'offline' as const, 'removed' as const),
      policy,
      anchors,
      worker: fc.constant(null),
      place: fc.constantFrom<Place[]>('absent', 'absent', 'root', 'child', 'platform'),
      parent: fc.nat({ max: 6 }),
      children: fc.array(workspace, { maxLength: 3 }),
    }),
    foreign: fc.option(root, { freq: 2 }),
    requestedName: fc.option(name, { nil: undefined }),
  })
  .map(admit);

const isLive = ({ lifecycle }: RandomWorkspace) => lifecycle !== 'removed';

/** One organization has one live platform agent; a closed one has no other live root; live siblings differ in name. */
function admit(drawn: RandomOrganization): RandomOrganization {
  const agent = { ...drawn.agent };
  if (!drawn.openRoots && agent.place === 'root' && isLive(agent)) agent.place = 'platform';
  const isRoot = agent.place === 'root' || agent.place === 'platform';
  const standing: RandomWorkspace[] = isRoot ? [agent] : [];
  const roots: RandomRoot[] = [];
  const { foreign } = drawn;
  const isSecondAgent = foreign !== null && isLive(foreign) && agent.place === 'platform' && isLive(agent);
  const admittedForeign = foreign === null || isSecondAgent || clash(foreign, standing) ? null : foreign;
  if (admittedForeign !== null) standing.push(admittedForeign);
  for (const root of drawn.roots) {
    if (isLive(root) && (!drawn.openRoots || clash(root, standing))) continue;
    roots.push(root);
    standing.push(root);
  }
  if (agent.place === 'child' && roots.length === 0 && admittedForeign === null) agent.place = 'absent';
  const children = agent.place === 'absent' ? [] : withoutClashes(agent.children);
  return { ...drawn, roots, foreign: admittedForeign, agent: { ...agent, children } };
}

const clash = (one: RandomWorkspace, others: readonly RandomWorkspace[]) =>
  isLive(one) && others.some((other) => isLive(other) && other.name === one.name);

const withoutClashes = (siblings: readonly RandomWorkspace[]) =>
  siblings.filter((one, index) => !clash(one, siblings.slice(0, index)));

/** What is written of an organization, row by row. */
interface Rows {
  workspaces: object[];
  tokens: object[];
  entries: object[];
}

let written = 0;

/**
 * Writes the organization under an id of its own, past the program, and returns that id. The ids are the same whenever
 * the same organizations are written in the same order, so that a failure can be repeated.
 */
export async function insertRandomOrganization(
  database: TestDatabase,
  { openRoots, roots, agent, foreign }: RandomOrganization,
): Promise<string> {
  written++;
  const orgId = uuidv5(`organization ${written}`, uuidv5.URL);
  const idOf = (what: string) => uuidv5(what, orgId);
  const agentId = platformAgentId(orgId);
  const rows: Rows = { workspaces: [], tokens: [], entries: [] };
  const addWorkspace = (
    id: string,
    parentId: string | null,
    kind: string,
    { name, lifecycle, policy }: RandomWorkspace,
  ) => rows.workspaces.push({ id, parent_id: parentId, name, kind, lifecycle, policy });
  const addAnchors = (rootId: string, { tokens, entries }: Anchors) => {
    rows.tokens.push(
      ...tokens.map((revoked, index) => ({ id: idOf(`token ${index} of ${rootId}`), root_id: rootId, revoked })),
    );
    rows.entries.push(...entries.map((entry) => ({ root_id: rootId, ...entry })));
  };

  const tops = [
    ...roots.map((root, index) => ({ id: idOf(`root ${index}`), kind: 'workspace', ...root })),
    ...(foreign === null ? [] : [{ id: idOf('foreign agent'), kind: 'platform', ...foreign }]),
  ];
  const parent = agent.place === 'child' ? tops[agent.parent % tops.length] : undefined;
  for (const top of tops) {
    addWorkspace(top.id, null, top.kind, top);
    addAnchors(top.id, top.anchors);
    // No live sibling of the agent's row bears its name.
    if (top.worker === null || (top === parent && top.worker === agent.name)) continue;
    addWorkspace(idOf(`worker of ${top.id}`), top.id, 'workspace', {
      name: top.worker,
      lifecycle: 'offline',
      policy: 'allow_all',
    });
  }
  if (agent.place !== 'absent') {
    addWorkspace(agentId, parent?.id ?? null, agent.place === 'platform' ? 'platform' : 'workspace', agent);
    if (parent === undefined) addAnchors(agentId, agent.anchors);
    for (const [index, child] of agent.children.entries()) {
      addWorkspace(idOf(`child ${index}`), agentId, 'workspace', child);
    }
  }
  await writeRows(database, orgId, openRoots, rows);
  return orgId;
}

async function writeRows(database: TestDatabase, orgId: string, openRoots: boolean, rows: Rows): Promise<void> {
  await database.query(
    `with organization as (
       insert into organizations (id, name, open_roots) values ($1, $2, $3) returning id
     ), workspace as (
       insert into workspaces (org_id, id, parent_id, name, kind, tier, lifecycle, plugin_policy)
       select organization.id, row.id, parent_id, name, kind, case kind when 'platform' then 0 else 1 end, lifecycle, policy
       from organization, jsonb_to_recordset($4) as row
         (id uuid, parent_id uuid, name text, kind workspace_kind, lifecycle workspace_lifecycle, policy plugin_policy)
       returning org_id, id
     ), heartbeat as (
       insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from workspace
     ), token as (
       insert into org_api_tokens (org_id, id, root_id, name, prefix, token_hash, created_by, revoked_at)
       select organization.id, row.id, root_id, 'fixture', 'tap_', sha256(row.id::text::bytea), 'fixture',
              case when revoked then now() end
       from organization, jsonb_to_recordset($5) as row (id uuid, root_id uuid, revoked boolean)
     )
     insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by, enabled_at)
     select organization.id, root_id, plugin, by, at
     from organization, jsonb_to_recordset($6) as row (root_id uuid, plugin text, by text, at timestamptz)`,
    [
      orgId,
      organizationName,
      openRoots,
      JSON.stringify(rows.workspaces),
      JSON.stringify(rows.tokens),
      JSON.stringify(rows.entries),
    ],
  );
}
