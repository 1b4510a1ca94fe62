import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, openTestDatabase } from '../support/database.ts';
import { allow, insertOrganization, insertRoot, insertToken, setHeartbeat } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { follow, tells } from '../support/organization-events.ts';
import { readAllowlist, readAnchors, readEvents, readParents } from '../support/rows.ts';
import { occupySessions, startPgBouncer } from './pgbouncer.ts';
import { holdTimeouts, timeouts } from './timeouts.ts';

const poolSize = 6;

const database = await createTestDatabase();
watchNeighbour(database);
const pooler = await startPgBouncer(inject('postgresUrl'), { default_pool_size: poolSize, query_wait_timeout: 2 });
afterAll(pooler.stop);

const settings = {
  ...timeouts,
  DATABASE_URL: pooler.urlOf(database.url),
  DIRECT_DATABASE_URL: database.url,
  DATABASE_POOL_SIZE: '30',
};
const pooled = openTestDatabase(settings.DATABASE_URL);
const impatientDatabase = await createTestDatabase();
const impatience = { ...timeouts, LOCK_TIMEOUT_MS: '200' };
let app: TestApp;
let twin: TestApp;

beforeAll(async () => {
  await holdTimeouts(database);
  app = await startApp(settings);
  twin = await startApp(settings);
  return async () => {
    await app.stop();
    await twin.stop();
  };
});

async function createImpatientApp(): Promise<TestApp> {
  await holdTimeouts(impatientDatabase, impatience);
  const impatient = await startApp({
    ...impatience,
    DATABASE_URL: pooler.urlOf(impatientDatabase.url),
    DIRECT_DATABASE_URL: impatientDatabase.url,
  });
  onTestFinished(impatient.stop);
  return impatient;
}

/** An organization with two roots, both with a token and the same plugin. */
async function insertAcme() {
  const orgId = await insertOrganization(database);
  const rootIds = [
    await insertRoot(database, orgId, { name: 'Alpha' }),
    await insertRoot(database, orgId, { name: 'Beta', pluginPolicy: 'allow_listed' }),
  ] as const;
  for (const rootId of rootIds) await allow(database, orgId, rootId, 'search');
  const tokens = [
    await insertToken(database, orgId, rootIds[0]),
    await insertToken(database, orgId, rootIds[1]),
  ] as const;
  return { orgId, rootIds, tokens };
}

describe('installs', () => {
  test('through two servers at once: one does the work, and all return the same agent', async () => {
    const { orgId, tokens } = await insertAcme();
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from organizations where id = $1 for update', [orgId]);
    const installing = [app, twin].flatMap((server) => Array.from({ length: 12 }, () => install(server, orgId)));
    // As many as the servers let one organization have.
    await waitUntilBlockedBy(holder, 4);
    await holder.query('commit');

    const agentId = platformAgentId(orgId);
    expect(new Set((await Promise.all(installing)).map(({ id }) => id))).toEqual(new Set([agentId]));
    expect(await readParents(database, orgId)).toEqual({ 'Acme Agent': null, Alpha: agentId, Beta: agentId });
    expect(await readAllowlist(database, orgId)).toMatchObject([{ rootId: agentId, plugin: 'search' }]);
    expect(await readAnchors(database, orgId)).toEqual({ [tokens[0].id]: agentId, [tokens[1].id]: agentId });
    expect(await readEvents(database, orgId)).toMatchObject([{ seq: 1, type: 'platform_agent.installed' }]);
  });

  test('of many organizations at once, each with a token of its own', async () => {
    const organizations: Awaited<ReturnType<typeof insertAcme>>[] = [];
    while (organizations.length < 4 * poolSize) organizations.push(await insertAcme());
    const agents = await Promise.all(
      organizations.map(({ orgId, tokens }) => install(app, orgId, { token: tokens[1].token })),
    );
    expect(agents.map(({ id }) => id)).toEqual(organizations.map(({ orgId }) => platformAgentId(orgId)));
    for (const { orgId } of organizations) {
      expect(await readParents(database, orgId)).toMatchObject({ 'Acme Agent': null, Alpha: platformAgentId(orgId) });
    }
  });

  test('are previewed on one snapshot', async () => {
    const { orgId } = await insertAcme();
    const preview = `query ($orgId: ID!) { platformAgentPreview(orgId: $orgId) { outcome agentName movedTokens } }`;
    const previews = await Promise.all(Array.from({ length: 3 * poolSize }, () => app.expectData(preview, { orgId })));
    for (const { platformAgentPreview } of previews) {
      expect(platformAgentPreview).toEqual({ outcome: 'INSTALLS', agentName: 'Acme Agent', movedTokens: 2 });
    }
    expect(await readEvents(database, orgId)).toEqual([]);
  });
});

test('more requests than the pooler has sessions are all answered, from statements that stay prepared', async () => {
  const { orgId, rootIds } = await insertAcme();
  const beats = Array.from({ length: 5 * poolSize }, (_, index) =>
    mutate(app, 'recordHeartbeat', { orgId, workspaceId: rootIds[index % 2] }, '{ id status }'),
  );
  const tree = `query ($orgId: ID!) {
    organization(id: $orgId) { statusCounts { online } workspaces { totalCount edges { node { status root { id } } } } }
  }`;
  for (const { status } of await Promise.all(beats)) expect(status).toBe('ONLINE');
  const reads = await Promise.all(Array.from({ length: 5 * poolSize }, () => twin.expectData(tree, { orgId })));
  for (const { organization } of reads) {
    expect(organization).toMatchObject({ statusCounts: { online: 2 }, workspaces: { totalCount: 2 } });
  }

  const servers = await pooler.command('show servers');
  const name = new URL(database.url).pathname.slice(1);
  expect(servers.filter((server) => server['database'] === name).length).toBeLessThanOrEqual(poolSize);
  // Of whichever session the pooler gives.
  const prepared = await pooled.query<{ name: string }>(
    `select name from pg_prepared_statements where statement ilike '%workspace%'`,
  );
  expect(prepared.length).toBeGreaterThan(0);
  for (const { name } of prepared) expect(name).toMatch(/^PGBOUNCER_\d+$/);
});

test('a lock is waited for no longer than the session of the database says', async () => {
  const impatient = await createImpatientApp();
  const orgId = await insertOrganization(impatientDatabase);
  const holder = await impatientDatabase.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [orgId]);
  expect(await refuse(impatient, 'createWorkspace', { orgId, name: 'late' })).toMatchObject({
    extensions: { code: 'LOCK_TIMEOUT', retryable: true },
  });
  await holder.query('rollback');
  expect(await readParents(impatientDatabase, orgId)).toEqual({});
  expect(await mutate(impatient, 'createWorkspace', { orgId, name: 'late' }, '{ name }')).toEqual({ name: 'late' });
});

describe('a pooler', () => {
  test('whose sessions are all taken makes requests fail as retryable, and no longer than it has them wait', async () => {
    const occupied = await occupySessions(pooled.url, poolSize);
    const { errors } = await app.execute('{ organizations(first: 1) { totalCount } }');
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }]);
    await occupied.release();
    expect((await app.fetch('/ready')).status).toBe(200);
  });

  test('that is gone and comes back is used again, and nobody who follows an organization misses anything', async () => {
    const { orgId, rootIds } = await insertAcme();
    const follower = await follow(app, orgId);
    await follower.next();

    await pooler.kill();
    expect((await app.fetch('/ready')).status).toBe(503);
    const { errors } = await app.execute('{ organizations(first: 1) { totalCount } }');
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }]);
    await setHeartbeat(database, orgId, rootIds[0]);

    await pooler.start();
    await waitUntil('the server is ready again', async () => (await app.fetch('/ready')).status === 200);
    await follower.nextUntil(tells(rootIds[0], 'ONLINE'));
    const { id } = await install(app, orgId);
    const updates = await follower.nextUntil((all) => all.some(({ events }) => events.length > 0));
    expect(updates.flatMap(({ events }) => events)).toEqual([
      { seq: '1', type: 'platform_agent.installed', subjectId: id },
    ]);
  });
});
