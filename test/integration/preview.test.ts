import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  allow,
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { install, noEffects } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { preview, previewDocument } from '../support/preview.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

let orgId: string;
let agentId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database, { name: 'Acme' });
  agentId = platformAgentId(orgId);
});

const nothing = {
  conflict: null,
  restrictedRoots: [],
  allowlist: [],
  ...noEffects,
};

const refusal = async (variables: object, token?: string) => {
  const { data, errors } = await api.execute(previewDocument, variables, token);
  expect(data ?? null).toBeNull();
  expect(errors).toHaveLength(1);
  return errors?.[0]?.extensions;
};

describe('the preview of a first install', () => {
  test('of an organization without a root is a new agent, and nothing else', async () => {
    expect(await preview(api, database, orgId)).toEqual({
      ...nothing,
      agentId,
      agentName: 'Acme Agent',
      outcome: 'INSTALLS',
      pluginPolicy: 'ALLOW_ALL',
    });
  });

  test('tells the name that is passed, tidied, and takes no other', async () => {
    expect(await preview(api, database, orgId, { name: '  Head of Acme ' })).toMatchObject({
      agentName: 'Head of Acme',
    });
    for (const name of ['', '   ', 'two\nlines', 'x'.repeat(201)]) {
      expect(await refusal({ orgId, name })).toMatchObject({
        code: 'BAD_USER_INPUT',
        problems: [{ argument: 'name' }],
      });
    }
  });

  test('tells all that the install does', async () => {
    const alpha = await insertRoot(database, orgId, { name: 'Alpha' });
    const beta = await insertRoot(database, orgId, { name: 'Beta', pluginPolicy: 'allow_listed', lifecycle: 'failed' });
    await insertWorkspace(database, orgId, { name: 'Worker', parentId: alpha });
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2026-01-02T00:00:00Z' });
    await allow(database, orgId, beta, 'search', { by: 'bob', at: '2026-01-01T00:00:00Z' });
    await allow(database, orgId, beta, 'browser', { by: 'bob', at: '2026-01-03T00:00:00Z' });
    await insertToken(database, orgId, alpha);
    await insertToken(database, orgId, beta, { revokedAt: '2026-01-01' });
    await insertToken(database, orgId, beta, { expiresAt: '2026-01-01' });

    const previewed = await preview(api, database, orgId);
    expect(previewed).toEqual({
      agentId,
      agentName: 'Acme Agent',
      outcome: 'INSTALLS',
      conflict: null,
      pluginPolicy: 'ALLOW_LISTED',
      restrictedRoots: [{ id: alpha }],
      allowlist: [
        {
          plugin: 'browser',
          enabledBy: 'bob',
          enabledAt: '2026-01-03T00:00:00.000Z',
          root: { id: beta },
          duplicates: [],
        },
        {
          plugin: 'search',
          enabledBy: 'bob',
          enabledAt: '2026-01-01T00:00:00.000Z',
          root: { id: beta },
          duplicates: [{ enabledBy: 'ada', enabledAt: '2026-01-02T00:00:00.000Z', root: { id: alpha } }],
        },
      ],
      adoptedWorkspaces: [alpha, beta].sort().map((id) => ({ id })),
      adoptedWorkspaceCount: 2,
      demotedAgent: null,
      movedTokens: 3,
      mergedPlugins: ['browser', 'search'],
      duplicatePlugins: ['search'],
      previouslyOpenRoots: [{ id: alpha }],
    });
    const { installation, name, pluginPolicy } = await install(api, orgId);
    expect(previewed).toMatchObject({ agentName: name, pluginPolicy });
    expect({ ...previewed, installedBy: 'operator' }).toMatchObject(installation ?? {});
  });

  test('leaves removed roots alone, with their tokens, entries and policy', async () => {
    const gone = await insertRoot(database, orgId, {
      name: 'Acme Agent',
      lifecycle: 'removed',
      pluginPolicy: 'allow_listed',
    });
    await allow(database, orgId, gone, 'search');
    await insertToken(database, orgId, gone);
    expect(await preview(api, database, orgId)).toEqual({
      ...nothing,
      agentId,
      agentName: 'Acme Agent',
      outcome: 'INSTALLS',
      pluginPolicy: 'ALLOW_ALL',
    });
  });

  test.each([true, false])(
    'demotes a platform agent of another id, in an organization open to roots: %s',
    async (openRoots) => {
      const id = await insertOrganization(database, { name: 'Acme', openRoots });
      const foreignId = await insertPlatformAgent(database, id, { id: randomUUID(), name: 'Acme Agent' });
      await insertToken(database, id, foreignId);
      await allow(database, id, foreignId, 'search', { by: 'ada' });
      expect(await preview(api, database, id)).toMatchObject({
        outcome: 'INSTALLS',
        agentName: 'Acme Agent',
        adoptedWorkspaces: [{ id: foreignId }],
        demotedAgent: { id: foreignId },
        movedTokens: 1,
        mergedPlugins: ['search'],
      });
    },
  );

  test('over a row that has the id of the agent keeps the name, entries and tokens of that row', async () => {
    await insertRoot(database, orgId, { id: agentId, name: 'Seeded' });
    await insertToken(database, orgId, agentId);
    await allow(database, orgId, agentId, 'search', { by: 'own' });
    const alpha = await insertRoot(database, orgId, { name: 'Alpha', pluginPolicy: 'allow_listed' });
    expect(await preview(api, database, orgId, { name: 'Another' })).toMatchObject({
      agentName: 'Seeded',
      outcome: 'INSTALLS',
      pluginPolicy: 'ALLOW_LISTED',
      adoptedWorkspaces: [{ id: alpha }],
      movedTokens: 0,
      mergedPlugins: [],
      restrictedRoots: [{ id: agentId }],
      allowlist: [{ plugin: 'search', enabledBy: 'own', root: { id: agentId } }],
    });
  });
});

describe('where there is nothing to do, the preview shows the agent as it is', () => {
  test('that is installed already', async () => {
    const alpha = await insertRoot(database, orgId, { name: 'Alpha', pluginPolicy: 'allow_listed' });
    await allow(database, orgId, alpha, 'search', { by: 'ada', at: '2026-01-02T00:00:00Z' });
    await insertToken(database, orgId, alpha);
    await install(api, orgId, { name: 'Head' });
    expect(await preview(api, database, orgId, { name: 'Alpha' })).toEqual({
      ...nothing,
      agentId,
      agentName: 'Head',
      outcome: 'ALREADY_INSTALLED',
      pluginPolicy: 'ALLOW_LISTED',
      allowlist: [
        {
          plugin: 'search',
          enabledBy: 'ada',
          enabledAt: '2026-01-02T00:00:00.000Z',
          root: { id: agentId },
          duplicates: [],
        },
      ],
    });
  });

  test.each([true, false])('that is removed, in an organization open to roots: %s', async (openRoots) => {
    const id = await insertOrganization(database, { name: 'Acme', openRoots });
    const removed = { name: 'Head', lifecycle: 'removed', pluginPolicy: 'allow_listed' } as const;
    const removedId = await insertPlatformAgent(database, id, removed);
    await allow(database, id, removedId, 'search');
    if (openRoots) {
      const rootId = await insertRoot(database, id, { name: 'Head' });
      await allow(database, id, rootId, 'browser');
      await insertToken(database, id, rootId);
    }
    expect(await preview(api, database, id)).toEqual({
      ...nothing,
      agentId: removedId,
      agentName: 'Head',
      outcome: 'REMOVED',
      pluginPolicy: 'ALLOW_LISTED',
      allowlist: [expect.objectContaining({ plugin: 'search', root: { id: removedId } })],
    });
  });
});

describe('a preview', () => {
  test('is that of the caller alone: another organization is not found, and neither is one that does not exist', async () => {
    const { token } = await insertToken(database, orgId, await insertRoot(database, orgId));
    await api.expectData('{ viewer { kind } }', {}, token);
    expect(await preview(api, database, orgId, { token })).toMatchObject({ agentId, outcome: 'INSTALLS' });
    for (const id of [neighbour.orgId, randomUUID()]) {
      expect(await refusal({ orgId: id }, token)).toEqual({ code: 'ORGANIZATION_NOT_FOUND', orgId: id });
    }
    const unknown = randomUUID();
    expect(await refusal({ orgId: unknown })).toEqual({ code: 'ORGANIZATION_NOT_FOUND', orgId: unknown });
    expect(await refusal({ orgId: 'acme' })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('does not depend on the case in which the organization is named', async () => {
    expect(await preview(api, database, orgId.toUpperCase())).toMatchObject({ agentId });
  });

  test.each(['adoptedWorkspaces', 'previouslyOpenRoots', 'restrictedRoots', 'allowlist'])(
    'lists as many %s as are asked for, a thousand at most',
    async (list) => {
      for (const name of ['Alpha', 'Beta', 'Gamma']) {
        await allow(database, orgId, await insertRoot(database, orgId, { name }), name);
      }
      await insertRoot(database, orgId, { pluginPolicy: 'allow_listed' });
      const selection = list === 'allowlist' ? 'plugin' : 'name';
      const document = (first: number) =>
        `{ platformAgentPreview(orgId: "${orgId}") { adoptedWorkspaceCount ${list}(first: ${first}) { ${selection} } } }`;
      for (const first of [0, 2, 1_000]) {
        const { platformAgentPreview } = await api.expectData(document(first));
        expect(platformAgentPreview[list]).toHaveLength(Math.min(first, list === 'adoptedWorkspaces' ? 4 : 3));
        expect(platformAgentPreview.adoptedWorkspaceCount).toBe(4);
      }
      const refused = async (first: number) => (await api.execute(document(first))).errors?.[0]?.extensions;
      expect(await refused(1_001)).toEqual({ code: 'LIMIT_EXCEEDED', argument: 'first', limit: 1_000 });
      expect(await refused(-1)).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'first' });
    },
  );
});
