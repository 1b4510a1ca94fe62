import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { metricsUrl, scrape } from '../observability/metrics-client.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { insertOrganization, insertRoot, insertToken, setHeartbeat } from '../support/fixtures.ts';
import { openGate } from '../support/gate.ts';
import { install } from '../support/install.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow } from '../support/organization-events.ts';
import { minute, writePast } from '../support/past.ts';
import { readOrganization } from '../support/rows.ts';
import { startReplication } from './replication.ts';

const replication = await startReplication();
const { primary, standby } = replication;
afterAll(replication.stop);
const gate = await openGate(standby.url);
afterAll(gate.close);
watchNeighbour(primary);
const settings = { DATABASE_URL: primary.url, DATABASE_REPLICA_URL: gate.url };
let app: TestApp;

beforeAll(async () => {
  app = await startApp(settings);
  return app.stop;
});
afterEach(replication.resume);

/** The names that a search finds, and how many it says there are. */
async function search(text: string, more = '', token?: string) {
  const { organizations } = await app.expectData(
    `query ($search: String) { organizations(search: $search${more}) { totalCount edges { node { name } } } }`,
    { search: text },
    token,
  );
  const names: string[] = organizations.edges.map(({ node }: { node: { name: string } }) => node.name);
  return { names, totalCount: organizations.totalCount as number };
}

/** An organization with a root and a token, which both databases know. The standby learns of nothing more. */
async function insertKnown(name: string) {
  const orgId = await insertOrganization(primary, { name });
  const rootId = await insertRoot(primary, orgId, { name: 'Alpha', pluginPolicy: 'allow_listed' });
  const { id: tokenId, token } = await insertToken(primary, orgId, rootId);
  await replication.pause();
  return { orgId, rootId, tokenId, token };
}

test('a search of the operator goes to the replica, and finds a new organization once that knows it', async () => {
  await insertKnown('Search One');
  const { id } = await mutate(app, 'createOrganization', { name: 'Search Two' });
  expect(await search('search')).toEqual({ names: ['Search One'], totalCount: 1 });
  expect(await app.expectData('query ($id: ID!) { organization(id: $id) { name } }', { id })).toEqual({
    organization: { name: 'Search Two' },
  });
  await replication.resume();
  await replication.pause();
  expect(await search('search')).toEqual({ names: ['Search One', 'Search Two'], totalCount: 2 });
});

test('what is told of an organization that a search finds is true now', async () => {
  const { orgId, rootId } = await insertKnown('Truthful');
  await install(app, orgId);
  await mutate(app, 'recordHeartbeat', { orgId, workspaceId: rootId });
  expect(await readOrganization(standby, orgId)).toMatchObject({ openRoots: true });
  const { organizations } = await app.expectData(`{
    organizations(search: "truthful") { edges { node {
      installed
      platformAgent { id status }
      statusCounts { online offline }
      workspaces { edges { node { name status parent { id } } } }
      events { edges { node { type } } }
    } } }
  }`);
  const agentId = platformAgentId(orgId);
  expect(organizations.edges).toMatchObject([
    {
      node: {
        installed: true,
        platformAgent: { id: agentId, status: 'OFFLINE' },
        statusCounts: { online: 1, offline: 1 },
        workspaces: {
          edges: [
            { node: { name: 'Alpha', status: 'ONLINE', parent: { id: agentId } } },
            { node: { name: 'Truthful Agent', status: 'OFFLINE', parent: null } },
          ],
        },
        events: { edges: [{ node: { type: 'platform_agent.installed' } }] },
      },
    },
  ]);
});

test('how many agents are stale is counted on the replica', async () => {
  const measured = await startApp({ ...settings, METRICS_PORT: '0' });
  onTestFinished(measured.stop);
  const orgId = await insertOrganization(primary);
  const [known, late] = [await insertRoot(primary, orgId), await insertRoot(primary, orgId)];
  await writePast(primary, orgId, known, { seenAgo: 2 * minute });
  await replication.pause();
  await writePast(primary, orgId, late, { seenAgo: 2 * minute });
  const { rows } = await (await primary.connect()).query(`select count(*)::int from workspace_heartbeats
    where last_seen_at < statement_timestamp() - interval '90 seconds'`);
  expect(rows).toEqual([{ count: 2 }]);
  expect((await scrape(metricsUrl(measured.logged))).value('taproot_stale_agents')).toBe(1);
});

test('who is installed, and what the token of an organization sees, is asked of the primary', async () => {
  const { orgId, token } = await insertKnown('Exact');
  await install(app, orgId);
  expect(await search('exact', ', installed: true')).toEqual({ names: ['Exact'], totalCount: 1 });
  expect(await search('exact', ', installed: false')).toEqual({ names: [], totalCount: 0 });
  expect(await search('exact', '', token)).toEqual({ names: ['Exact'], totalCount: 1 });
  const late = await insertOrganization(primary, { name: 'Exact Too' });
  const { token: lateToken } = await insertToken(primary, late, await insertRoot(primary, late));
  expect(await search('exact')).toEqual({ names: ['Exact'], totalCount: 1 });
  expect(await search('exact', '', lateToken)).toEqual({ names: ['Exact Too'], totalCount: 1 });
});

test('a page behind an organization that the replica does not know yet is not taken for the end', async () => {
  await insertOrganization(primary, { name: 'Paged C' });
  await insertKnown('Paged A');
  await insertOrganization(primary, { name: 'Paged B' });
  const page = `query ($after: String, $installed: Boolean) {
    organizations(search: "paged", first: 1, after: $after, installed: $installed) {
      pageInfo { endCursor hasNextPage }
      edges { node { name } }
    }
  }`;
  const first = await app.expectData(page);
  const pageInfo = first.organizations.pageInfo;
  expect(first.organizations.edges).toEqual([{ node: { name: 'Paged A' } }]);
  expect(pageInfo.hasNextPage).toBe(true);
  const next = await app.expectData(page, { after: pageInfo.endCursor });
  expect(next.organizations.edges).toEqual([{ node: { name: 'Paged C' } }]);

  const onPrimary = await app.expectData(page, { after: pageInfo.endCursor, installed: false });
  const { endCursor } = onPrimary.organizations.pageInfo;
  expect(onPrimary.organizations.edges).toEqual([{ node: { name: 'Paged B' } }]);
  const behind = await app.expectData(page, { after: endCursor });
  expect(behind.organizations.edges).toEqual([{ node: { name: 'Paged C' } }]);
});

test('statuses, permissions, tokens, installs and what is followed are never old', async () => {
  const { orgId, rootId, tokenId, token } = await insertKnown('Fresh');
  const read = `query ($orgId: ID!, $id: ID!) {
    workspace(orgId: $orgId, id: $id) { status parent { name } }
    pluginAllowed(orgId: $orgId, workspaceId: $id, plugin: "search")
    platformAgent(orgId: $orgId) { name status installation { movedTokens } }
    platformAgentPreview(orgId: $orgId) { outcome }
    viewer { kind }
  }`;
  const ask = () => app.expectData(read, { orgId, id: rootId }, token);
  expect(await ask()).toEqual({
    workspace: { status: 'OFFLINE', parent: null },
    pluginAllowed: false,
    platformAgent: null,
    platformAgentPreview: { outcome: 'INSTALLS' },
    viewer: { kind: 'ORGANIZATION' },
  });
  const follower = await follow(app, orgId);
  await follower.next();

  await mutate(app, 'allowPlugin', { orgId, plugin: 'search' }, '{ plugin }');
  await install(app, orgId);
  await install(app, orgId);
  await setHeartbeat(primary, orgId, rootId);
  expect(await ask()).toEqual({
    workspace: { status: 'ONLINE', parent: { name: 'Fresh Agent' } },
    pluginAllowed: true,
    platformAgent: { name: 'Fresh Agent', status: 'OFFLINE', installation: { movedTokens: 1 } },
    platformAgentPreview: { outcome: 'ALREADY_INSTALLED' },
    viewer: { kind: 'ORGANIZATION' },
  });
  const updates = await follower.nextUntil((all) => all.flatMap(({ events }) => events).length >= 2);
  expect(updates.flatMap(({ events }) => events)).toMatchObject([
    { type: 'plugin.allowed' },
    { type: 'platform_agent.installed' },
  ]);

  await mutate(app, 'revokeApiToken', { orgId, id: tokenId });
  expect(await app.execute('{ viewer { kind } }', {}, token)).toMatchObject({ status: 401 });
  expect(await readOrganization(standby, orgId)).toEqual({ name: 'Fresh', openRoots: true, eventSeq: 0 });
});

test('without the replica everything is answered, and the log tells it once', async () => {
  await insertKnown('Lasting');
  const { id } = await mutate(app, 'createOrganization', { name: 'Lasting Too' });
  const warnings = () => app.logged.filter(({ msg }) => String(msg).startsWith('The replica of DATABASE_REPLICA_URL'));
  expect(await search('lasting')).toEqual({ names: ['Lasting'], totalCount: 1 });
  expect(warnings()).toEqual([]);

  gate.shut();
  for (let round = 0; round < 5; round++) {
    expect(await search('lasting')).toEqual({ names: ['Lasting', 'Lasting Too'], totalCount: 2 });
  }
  expect((await install(app, id)).status).toBe('OFFLINE');
  expect((await app.fetch('/ready')).status).toBe(200);
  expect(warnings()).toHaveLength(1);
});

test('a server starts without its replica, and says so', async () => {
  gate.shut();
  const alone = await startApp(settings);
  const { organizations } = await alone.expectData('{ organizations { totalCount } }');
  expect(organizations.totalCount).toBeGreaterThan(0);
  expect(alone.logged).toContainEqual(
    expect.objectContaining({ level: 'warn', msg: expect.stringContaining('DATABASE_REPLICA_URL cannot serve') }),
  );
  await alone.stop();
});
