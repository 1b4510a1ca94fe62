import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../support/api.ts';
import type { AnswerError } from '../support/api-client.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, databaseUrl } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readParents } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const impatient = createTestApi(database, { lockTimeoutMs: 100 });
const shortOfTime = createTestApi(database, { lockTimeoutMs: 5_000, statementTimeoutMs: 100 });
const unreachable = createTestApi({ ...database, url: 'postgresql://taproot@127.0.0.1:1/taproot' });
const unknownDatabase = createTestApi({ ...database, url: databaseUrl(database.url, 'taproot_nowhere') });
const withoutSocket = createTestApi({ ...database, url: 'postgresql://%2Fnowhere/taproot' });
watchNeighbour(database);

let orgId: string;
let rootId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
  rootId = await insertRoot(database, orgId, { name: 'Alpha' });
});

/** What no answer may hold: SQLSTATEs, the texts of PostgreSQL and Prisma, and names out of the database. */
const inside =
  /SQL|violat|constraint|relation|column|prisma|postgres|pg_|org_id|workspaces_|"[0-9A-Z]{5}"|\b(insert into|update \w+ set|select .* from)\b/i;

function expectNothingInside(errors: readonly AnswerError[] = []): void {
  for (const { message, extensions } of errors) expect(JSON.stringify({ message, extensions })).not.toMatch(inside);
}

/** Does something that the program cannot expect, and expects it to be masked. */
async function expectMasked(mutation: string, args: Record<string, unknown>): Promise<void> {
  const before = await snapshotOrganization(database, orgId);
  const earlier = api.logged.length;
  const { requestId, status, data, errors } = await api.execute(
    `mutation ($orgId: ID!, $name: String!) { ${mutation}(orgId: $orgId, name: $name) { id } }`,
    { orgId, ...args },
  );
  expect({ status, data }).toEqual({ status: 200, data: null });
  expect(errors).toEqual([
    {
      message: `Something went wrong on our side. Report it with the request id ${requestId}.`,
      path: [mutation],
      locations: expect.anything(),
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    },
  ]);
  expectNothingInside(errors);
  const entries = api.logged.slice(earlier).filter(({ level }) => level === 'error');
  expect(entries).toMatchObject([{ requestId, msg: 'Unexpected error', err: { stack: expect.any(String) } }]);
  expect(await snapshotOrganization(database, orgId)).toEqual(before);
}

describe('what nobody expected is masked, logged, and known by the id of the request:', () => {
  test('a constraint that the program does not know', async () => {
    await database.query(`alter table workspaces add constraint odd_name_check check (name <> 'odd')`);
    await expectMasked('createWorkspace', { name: 'odd' });
    await database.query('alter table workspaces drop constraint odd_name_check');
  });

  test('a table that is missing, after the change has been written', async () => {
    await database.query('alter table org_events rename to lost');
    try {
      const { errors } = await api.execute(
        'mutation ($orgId: ID!) { createWorkspace(orgId: $orgId, name: "New") { id } }',
        { orgId },
      );
      expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
      expectNothingInside(errors);
    } finally {
      await database.query('alter table lost rename to org_events');
    }
    expect(await readParents(database, orgId)).toEqual({ Alpha: null });
  });

  test('an error with a text and a state of its own', async () => {
    await database.query(`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'the secret' using errcode = 'XX000'; end $$`);
    await database.query(`create trigger refuse before insert on workspaces for each row execute function refuse()`);
    await expectMasked('createWorkspace', { name: 'New' });
    await database.query('drop trigger refuse on workspaces');
  });
});

test.each([
  ['{ nothing }'],
  ['{ organization }'],
  ['{ organization(id: 1.5) { id } }'],
  ['mutation { installPlatformAgent { id } }'],
  ['query ($id: ID!) { organization(id: $id) { id } }'],
  ['this is no GraphQL'],
])('a document that is wrong is BAD_USER_INPUT: %s', async (document) => {
  const { errors } = await api.execute(document);
  expect(errors?.length).toBeGreaterThan(0);
  for (const { extensions } of errors ?? []) expect(extensions.code).toBe('BAD_USER_INPUT');
});

describe('an organization that another writer has locked', () => {
  const hold = async () => {
    const holder = await database.connect();
    await holder.query('begin');
    await holder.query('select from organizations where id = $1 for update', [orgId]);
    return holder;
  };

  test.each([
    ['installPlatformAgent', {}],
    ['createWorkspace', { name: 'New' }],
    ['createApiToken', { name: 'New' }],
    ['allowPlugin', { plugin: 'search' }],
  ])('makes %s fail with LOCK_TIMEOUT, which may be tried again', async (mutation, args) => {
    const selection = { createApiToken: '{ token }', allowPlugin: '{ plugin }' }[mutation];
    const before = await snapshotOrganization(database, orgId);
    const holder = await hold();
    const error = await refuse(impatient, mutation, { orgId, ...args }, selection);
    expect(error.extensions).toEqual({ code: 'LOCK_TIMEOUT', retryable: true });
    expectNothingInside([error]);
    await holder.query('rollback');
    expect(await snapshotOrganization(database, orgId)).toEqual(before);
    await mutate(impatient, mutation, { orgId, ...args }, selection);
  });

  test('makes neither heartbeats nor reads wait', async () => {
    const holder = await hold();
    await mutate(impatient, 'recordHeartbeat', { orgId, workspaceId: rootId });
    await impatient.expectData('query ($orgId: ID!) { organization(id: $orgId) { name roots { status } } }', { orgId });
    await holder.query('rollback');
  });

  test('does not concern other organizations', async () => {
    const holder = await hold();
    await mutate(impatient, 'installPlatformAgent', { orgId: await insertOrganization(database) });
    await holder.query('rollback');
  });

  test('makes a statement run out of its time, when that is shorter: SERVICE_UNAVAILABLE', async () => {
    const holder = await hold();
    const error = await refuse(shortOfTime, 'createWorkspace', { orgId, name: 'New' });
    expect(error.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    await holder.query('rollback');
  });

  test('loses the one that waits when its connection is cut: SERVICE_UNAVAILABLE, and nothing written', async () => {
    const holder = await hold();
    const waiting = refuse(api, 'createWorkspace', { orgId, name: 'New' });
    await waitUntilBlockedBy(holder);
    await holder.query(
      `select pg_terminate_backend(pid) from pg_locks where not granted and $1 = any(pg_blocking_pids(pid))`,
      [holder.pid],
    );
    expect((await waiting).extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    await holder.query('rollback');
    expect(await readParents(database, orgId)).toEqual({ Alpha: null });
    await mutate(api, 'createWorkspace', { orgId, name: 'New' });
  });
});

test('a name that a writer outside the program takes meanwhile is a NAME_CONFLICT, by the constraint', async () => {
  const other = await insertRoot(database, orgId, { name: 'Beta' });
  const writer = await database.connect();
  await writer.query('begin');
  // It does not lock the organization: the program neither sees nor waits for it until the index does.
  await writer.query(`update workspaces set name = 'New' where org_id = $1 and id = $2`, [orgId, other]);
  const renaming = refuse(api, 'renameWorkspace', { orgId, id: rootId, name: 'New' });
  await waitUntilBlockedBy(writer);
  await writer.query('commit');
  const error = await renaming;
  expect(error.extensions).toEqual({ code: 'NAME_CONFLICT' });
  expectNothingInside([error]);
  expect(await readParents(database, orgId)).toEqual({ Alpha: null, New: null });
});

describe.each<[string, TestApi]>([
  ['out of reach', unreachable],
  ['not there', unknownDatabase],
  ['behind a socket whose file is gone, as PostgreSQL has stopped', withoutSocket],
])('a database that is %s', (_, broken) => {
  test('is SERVICE_UNAVAILABLE to the operator, for reads and writes', async () => {
    for (const document of [
      '{ organizations { totalCount } }',
      `{ organization(id: "${orgId}") { name } }`,
      `mutation { installPlatformAgent(orgId: "${orgId}") { id } }`,
      `mutation { recordHeartbeat(orgId: "${orgId}", workspaceId: "${rootId}") { id } }`,
    ]) {
      const { status, errors } = await broken.execute(document);
      expect(status).toBe(503);
      expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }]);
      expectNothingInside(errors);
    }
  });

  test('is SERVICE_UNAVAILABLE to a token, and not a 401: nobody knows whether it is valid', async () => {
    const { token } = await insertToken(database, orgId, rootId);
    const { status, errors } = await broken.execute('{ viewer { kind } }', {}, token);
    expect(status).toBe(503);
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }]);
  });

  test('still refuses what is no token at all', async () => {
    expect((await broken.execute('{ viewer { kind } }', {}, 'wrong')).status).toBe(401);
  });
});
