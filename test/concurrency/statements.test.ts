import { expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertPlatformAgent, insertRoot } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { previewDocument } from '../support/preview.ts';
import { recordStatements } from '../support/statements.ts';
import { expectSound } from './acme.ts';
import { attempt, mutations } from './calls.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

/** An organization of that many roots, each with five plugins, of which its neighbours have some too, and five tokens. */
async function insertRoots(roots: number): Promise<string> {
  const orgId = await insertOrganization(database);
  await database.query(
    `with root as (
       insert into workspaces (org_id, name)
       select $1::uuid, 'Root ' || number from generate_series(1, $2::int) number
       returning org_id, id, substr(name, 6)::int as number
     ), entry as (
       insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by)
       select org_id, id, 'plugin-' || number + offset_, 'fixture' from root, generate_series(1, 5) offset_
     ), token as (
       insert into org_api_tokens (org_id, root_id, name, prefix, token_hash, created_by)
       select org_id, id, 'token', 'tap_', sha256((id::text || serial)::bytea), 'fixture' from root, generate_series(1, 5) serial
     )
     insert into workspace_heartbeats (org_id, workspace_id) select org_id, id from root`,
    [orgId, roots],
  );
  return orgId;
}

const install = (orgId: string) =>
  recordStatements(async () => expect(await attempt(api, mutations.install, { orgId })).toBe('done'));

/** The first words of statements, for a failure to tell which are too many. */
const kinds = (statements: readonly string[]) => statements.map((text) => text.trim().split(/\s+/)[0]?.toLowerCase());

test('an install takes seven statements, BEGIN and COMMIT among them, for one root as for five hundred', async () => {
  const expected = ['select', 'begin', 'select', 'select', 'with', 'select', 'commit'];
  for (const roots of [0, 1, 500]) {
    const orgId = await insertRoots(roots);
    expect(kinds(await install(orgId)), `${roots} roots`).toEqual(expected);
    await expectSound(database, orgId);
    const agentId = platformAgentId(orgId);
    const [adopted] = await database.query(
      `select (select count(*)::int from workspaces where org_id = $1 and parent_id = $2) as roots,
              (select count(*)::int from org_api_tokens where org_id = $1 and root_id = $2) as tokens,
              (select count(*)::int from org_plugin_allowlist where org_id = $1 and root_id = $2) as plugins`,
      [orgId, agentId],
    );
    expect(adopted).toEqual({ roots, tokens: roots * 5, plugins: roots === 0 ? 0 : roots + 4 });
  }
});

test('an install over a row that has the agent id takes as many statements for one root as for five hundred', async () => {
  const statements = [];
  for (const roots of [1, 500]) {
    const orgId = await insertRoots(roots);
    await insertRoot(database, orgId, { id: platformAgentId(orgId), name: 'Seed' });
    statements.push(kinds(await install(orgId)));
    await expectSound(database, orgId);
  }
  expect(statements[1]).toEqual(statements[0]);
});

test('an install that demotes another platform agent takes as many statements for one root as for five hundred', async () => {
  const statements = [];
  for (const roots of [1, 500]) {
    const orgId = await insertRoots(roots);
    await insertPlatformAgent(database, orgId, { id: orgId });
    statements.push(kinds(await install(orgId)));
    await expectSound(database, orgId);
  }
  expect(statements[1]).toEqual(statements[0]);
});

/** Where each row of the organization is stored, and which transactions wrote it and locked it last. */
async function rowVersions(orgId: string): Promise<unknown[]> {
  const tables = ['workspaces', 'workspace_heartbeats', 'org_plugin_allowlist', 'org_api_tokens', 'org_events'];
  return database.query(
    `${tables.map((table) => `select tableoid, ctid, xmin, xmax from ${table} where org_id = $1`).join(' union all ')}
     union all select tableoid, ctid, xmin, xmax from organizations where id = $1 order by 1, 2`,
    [orgId],
  );
}

test('an install of what is installed, or removed, is one read: no lock, no write', async () => {
  const orgId = await insertRoots(3);
  await install(orgId);
  for (const lifecycle of ['offline', 'removed']) {
    await database.query('update workspaces set lifecycle = $3 where org_id = $1 and id = $2', [
      orgId,
      platformAgentId(orgId),
      lifecycle,
    ]);
    const before = await rowVersions(orgId);
    const statements = await install(orgId);
    expect(kinds(statements)).toEqual(['select']);
    expect(statements[0]).not.toMatch(/for (?:no key )?(?:update|share)|for key share/i);
    expect(await rowVersions(orgId)).toEqual(before);
  }
});

test.each([
  ['a new agent', false, 4],
  ['a row that has the agent id', true, 5],
])(
  'a preview of %s takes as many statements for one root as for five hundred, and no lock',
  async (_, seeded, selects) => {
    const statements = [];
    for (const roots of [1, 500]) {
      const orgId = await insertRoots(roots);
      if (seeded) await insertRoot(database, orgId, { id: platformAgentId(orgId), pluginPolicy: 'allow_listed' });
      const before = await rowVersions(orgId);
      const sent = await recordStatements(() => api.expectData(previewDocument, { orgId }));
      expect(sent.join()).not.toMatch(/for (?:no key )?(?:update|share)|for key share/i);
      expect(await rowVersions(orgId)).toEqual(before);
      statements.push(kinds(sent));
    }
    // Behind them come those that load what the lists show of their workspaces.
    const plan = ['begin', 'set', ...Array(selects).fill('select'), 'commit'];
    expect(statements[0]?.slice(0, plan.length)).toEqual(plan);
    expect(statements[1]).toEqual(statements[0]);
  },
);

test('a heartbeat is one statement, outside of any transaction', async () => {
  const orgId = await insertOrganization(database);
  const id = await insertRoot(database, orgId);
  const document =
    'mutation ($orgId: ID!, $id: ID!) { recordHeartbeat(orgId: $orgId, workspaceId: $id) { id status } }';
  const statements = await recordStatements(() => attempt(api, document, { orgId, id }));
  expect(kinds(statements)).toEqual(['with']);
});
