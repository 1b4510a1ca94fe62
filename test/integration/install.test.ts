import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, insertWorkspace } from '../support/fixtures.ts';
import { failInstall, install } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readAnchors, readOrganization, readParents, readWorkspaces } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
let agentId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
});

describe('the id of the platform agent', () => {
  test('is the UUID version 5 that a control plane derives', () => {
    expect(platformAgentId('org-create-test')).toBe('74a26c24-e671-55bf-b794-a0f79ccb3d12');
  });

  test('does not depend on the case in which the organization is named', async () => {
    const agent = await install(api, orgId.toUpperCase());
    expect(agent.id).toBe(agentId);
    expect(await readOrganization(database, orgId)).toMatchObject({ openRoots: false });
  });
});

describe('an organization that does not exist', () => {
  const countOrganizations = () => database.query('select count(*)::int from organizations');

  test.each(['', 'acme', '1234', `${randomUUID()}0`, "' or true --"])('and could not: "%s"', async (id) => {
    const before = await countOrganizations();
    const error = await failInstall(api, id);
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', problems: [{ argument: 'orgId' }] });
    expect(await countOrganizations()).toEqual(before);
  });

  test('is not found, and nothing is created for it', async () => {
    const before = await countOrganizations();
    const unknown = randomUUID();
    const error = await failInstall(api, unknown);
    expect(error.extensions).toEqual({ code: 'ORGANIZATION_NOT_FOUND', orgId: unknown });
    expect(await countOrganizations()).toEqual(before);
    for (const rows of Object.values(await snapshotOrganization(database, unknown))) expect(rows).toEqual([]);
  });
});

describe('a first install', () => {
  test('of an organization without a root creates the agent, offline and open', async () => {
    const agent = await install(api, orgId);
    expect(agent).toEqual({
      id: agentId,
      name: 'Acme Agent',
      kind: 'PLATFORM',
      status: 'OFFLINE',
      tier: 0,
      runtime: 'claude-code',
      pluginPolicy: 'ALLOW_ALL',
      installation: {
        installedBy: 'operator',
        adoptedWorkspaces: [],
        adoptedWorkspaceCount: 0,
        demotedAgent: null,
        movedTokens: 0,
        mergedPlugins: [],
        duplicatePlugins: [],
        previouslyOpenRoots: [],
      },
    });
    expect(await readWorkspaces(database, orgId)).toEqual([
      {
        id: agentId,
        parentId: null,
        name: 'Acme Agent',
        kind: 'platform',
        tier: 0,
        runtime: 'claude-code',
        lifecycle: 'offline',
        lifecycleMessage: null,
        pluginPolicy: 'allow_all',
      },
    ]);
    expect(await readOrganization(database, orgId)).toEqual({ name: 'Acme', openRoots: false, eventSeq: 1 });
  });

  test('of an organization that was imported closed and without a root creates the agent as well', async () => {
    const closedId = await insertOrganization(database, { openRoots: false });
    expect(await install(api, closedId)).toMatchObject({ id: platformAgentId(closedId), name: 'Acme Agent' });
    expect(await readParents(database, closedId)).toEqual({ 'Acme Agent': null });
  });

  test('gives the agent the name that is passed, tidied', async () => {
    const agent = await install(api, orgId, { name: '  Head of Acme ' });
    expect(agent.name).toBe('Head of Acme');
    expect(await readParents(database, orgId)).toEqual({ 'Head of Acme': null });
  });

  test.each([
    ['is empty', ''],
    ['is blank', '   '],
    ['has two lines', 'two\nlines'],
    ['is too long', 'x'.repeat(201)],
  ])('refuses a name that %s, and changes nothing', async (_, name) => {
    const before = await snapshotOrganization(database, orgId);
    const error = await failInstall(api, orgId, name);
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', problems: [{ argument: 'name' }] });
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
  });

  test('writes the heartbeat row of the agent, so that its first beat is a plain update', async () => {
    await install(api, orgId);
    const beats = await database.query(
      'select workspace_id, last_seen_at from workspace_heartbeats where org_id = $1',
      [orgId],
    );
    expect(beats).toEqual([{ workspace_id: agentId, last_seen_at: null }]);
  });

  test('makes every live root a child of the agent, and leaves what is below them where it is', async () => {
    const alpha = await insertRoot(database, orgId, { name: 'Alpha' });
    const beta = await insertRoot(database, orgId, { name: 'Beta', lifecycle: 'failed' });
    const gamma = await insertRoot(database, orgId, { name: 'Gamma', lifecycle: 'provisioning' });
    const worker = await insertWorkspace(database, orgId, { name: 'Worker', parentId: alpha });
    await insertWorkspace(database, orgId, { name: 'Helper', parentId: worker });

    const { installation } = await install(api, orgId);
    expect(await readParents(database, orgId)).toEqual({
      'Acme Agent': null,
      Alpha: agentId,
      Beta: agentId,
      Gamma: agentId,
      Worker: alpha,
      Helper: worker,
    });
    expect(installation).toMatchObject({
      adoptedWorkspaces: [alpha, beta, gamma].sort().map((id) => ({ id })),
      adoptedWorkspaceCount: 3,
    });
  });

  test('changes nothing of an adopted root but its parent', async () => {
    const id = await insertRoot(database, orgId, {
      name: 'Alpha',
      tier: 3,
      runtime: 'other',
      lifecycle: 'failed',
      lifecycleMessage: 'No quota',
      pluginPolicy: 'allow_listed',
    });
    const [before] = await readWorkspaces(database, orgId);
    await install(api, orgId);
    expect(await readWorkspaces(database, orgId)).toContainEqual({ ...before, id, parentId: agentId });
  });

  test('moves the tokens of the old roots, which go on to authenticate', async () => {
    const alpha = await insertRoot(database, orgId);
    const beta = await insertRoot(database, orgId);
    const first = await insertToken(database, orgId, alpha);
    const second = await insertToken(database, orgId, beta);
    const revoked = await insertToken(database, orgId, beta, { revokedAt: '2026-01-01' });

    const { installation } = await install(api, orgId);
    expect(installation).toMatchObject({ movedTokens: 3 });
    expect(await readAnchors(database, orgId)).toEqual({
      [first.id]: agentId,
      [second.id]: agentId,
      [revoked.id]: agentId,
    });
    for (const { id, token } of [first, second]) {
      const { viewer } = await api.expectData('{ viewer { apiToken { id root { id } } } }', {}, token);
      expect(viewer.apiToken).toEqual({ id, root: { id: agentId } });
    }
    expect((await api.execute('{ viewer { kind } }', {}, revoked.token)).errors?.[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
  });

  test('leaves removed roots where they are, with their tokens and entries', async () => {
    const goneId = await insertRoot(database, orgId, {
      name: 'Gone',
      lifecycle: 'removed',
      pluginPolicy: 'allow_listed',
    });
    const { id: tokenId } = await insertToken(database, orgId, goneId);
    await allow(database, orgId, goneId, 'search', { by: 'ada' });
    const before = await snapshotOrganization(database, orgId);

    const agent = await install(api, orgId);
    expect(agent).toMatchObject({
      pluginPolicy: 'ALLOW_ALL',
      installation: { adoptedWorkspaceCount: 0, movedTokens: 0, mergedPlugins: [] },
    });
    expect(await readParents(database, orgId)).toEqual({ 'Acme Agent': null, Gone: null });
    expect(await readAnchors(database, orgId)).toEqual({ [tokenId]: goneId });
    const after = await snapshotOrganization(database, orgId);
    expect(after).toMatchObject({
      org_plugin_allowlist: before['org_plugin_allowlist'],
      org_api_tokens: before['org_api_tokens'],
    });
  });

  test('tells who did it: the token of the organization that asked', async () => {
    const rootId = await insertRoot(database, orgId);
    const { id, token } = await insertToken(database, orgId, rootId);
    const agent = await install(api, orgId, { token });
    expect(agent.installation?.installedBy).toBe(`token:${id}`);
  });
});
