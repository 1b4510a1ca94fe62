import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Acme, asInserted, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { call, mutations } from '../concurrency/calls.ts';
import { createTestApi } from '../support/api.ts';
import type { Answer } from '../support/api-client.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { openLane } from './lane.ts';
import { type Moment, openWire } from './wire.ts';

const database = await createTestDatabase();
const { api, wire } = await openLane(database, 3);
watchNeighbour(database);

const shortOfTime = createTestApi(database, { transactionTimeoutMs: 300 });
const hasty = createTestApi(database, { lockTimeoutMs: 100, statementTimeoutMs: 200 });
const silent = await openWire(database.url, () => {});
afterAll(silent.close);
const impatient = createTestApi(
  { ...database, url: silent.url },
  { lockTimeoutMs: 400, statementTimeoutMs: 500, transactionTimeoutMs: 600, answerTimeoutMs: 300 },
);

let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
});

/** Breaks the connection at the statement that fits, in whatever place it comes, and calls. */
async function callLosing(
  statement: RegExp,
  moment: Moment,
  document: string,
  variables: Record<string, unknown>,
  twin: Record<string, unknown>,
): Promise<Answer<Record<string, unknown>>> {
  const recording = wire.record();
  expect((await call(api, document, twin)).errors).toBeUndefined();
  const number = recording.stop().findLastIndex((text) => statement.test(text));
  const failedSession = wire.failAt({ statement: number, moment, fault: 'cut' });
  const answer = await call<Record<string, unknown>>(api, document, variables);
  expect(failedSession()).toBeDefined();
  return answer;
}

describe('a commit whose answer is lost', () => {
  test('is told with what to do: the change may have been made, and the same call may be made again', async () => {
    const variables = { orgId: acme.orgId };
    const twin = { orgId: (await insertAcme(database)).orgId };
    const { status, errors } = await callLosing(/^COMMIT$/, 'unanswered', mutations.install, variables, twin);
    expect(status).toBe(503);
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(
          /may have been made, or not\. Read it back .* the same call again, which is safe/,
        ),
        extensions: { code: 'SERVICE_UNAVAILABLE', outcome: 'UNKNOWN', retryable: true },
      },
    ]);
    await expectState(database, acme, asInstalled);
    countTried('faults');
  });

  test.each(['before', 'unanswered'] as const)(
    'of a new token is not told to be retryable, as each call creates one (%s)',
    async (moment) => {
      const twin = { orgId: acme.orgId, name: 'first', rootId: acme.alpha };
      const { errors } = await callLosing(/^COMMIT$/, moment, mutations.createToken, { ...twin, name: 'second' }, twin);
      expect(errors).toMatchObject([{ message: expect.stringMatching(/Revoke it, and create another/) }]);
      expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', outcome: 'UNKNOWN' });
      const named = `select from org_api_tokens where org_id = $1 and name = 'second'`;
      expect(await database.query(named, [acme.orgId])).toHaveLength(moment === 'before' ? 0 : 1);
      countTried('faults');
    },
  );

  const create = 'mutation ($name: String!, $id: ID) { createOrganization(name: $name, id: $id) { id name } }';

  test('of an organization without an id of its own is not told to be retryable either', async () => {
    const name = randomUUID();
    const { errors } = await callLosing(/^COMMIT$/, 'unanswered', create, { name }, { name: 'Twin' });
    expect(errors).toMatchObject([{ message: expect.stringMatching(/Look for an organization of this name/) }]);
    expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', outcome: 'UNKNOWN' });
    expect(await database.query('select from organizations where name = $1', [name])).toHaveLength(1);
    countTried('faults');
  });

  test('of an organization with an id is, and the same call again is answered with the same organization', async () => {
    const variables = { name: 'Own', id: randomUUID() };
    const { errors } = await callLosing(/^COMMIT$/, 'unanswered', create, variables, { name: 'Twin' });
    expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', outcome: 'UNKNOWN', retryable: true });
    expect((await call(api, create, variables)).data).toEqual({ createOrganization: variables });
    const events = await database.query('select from org_events where org_id = $1', [variables.id]);
    expect(events).toHaveLength(1);
    countTried('faults');
  });

  test('of reads that share a snapshot leaves nothing open: they are simply to be made again', async () => {
    const preview = 'query ($orgId: ID!) { platformAgentPreview(orgId: $orgId) { outcome } }';
    const variables = { orgId: acme.orgId };
    const { errors } = await callLosing(/^COMMIT$/, 'unanswered', preview, variables, variables);
    expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    countTried('faults');
  });
});

describe('an outage after the commit, while what was selected is read,', () => {
  test('is told as such: the change was made', async () => {
    const document = `mutation ($orgId: ID!) {
      installPlatformAgent(orgId: $orgId) { id installation { adoptedWorkspaces { name } } }
    }`;
    const twin = { orgId: (await insertAcme(database)).orgId };
    const { errors } = await callLosing(/select/i, 'before', document, { orgId: acme.orgId }, twin);
    expect(errors).toMatchObject([{ message: expect.stringMatching(/^The change was made/) }]);
    expect(errors?.[0]?.path?.length).toBeGreaterThan(1);
    expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', outcome: 'DONE' });
    await expectState(database, acme, asInstalled);
    countTried('faults');
  });
});

test('a transaction that runs out of its time before its commit is rolled back, and is told as not made', async () => {
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [acme.orgId]);
  const answer = call(shortOfTime, mutations.install, { orgId: acme.orgId });
  await waitUntilBlockedBy(holder);
  // Prisma's bound has passed when the transaction counts as older than it.
  await waitUntil('the transaction is older than its time', async () => {
    const { rows } = await holder.query(
      `select from pg_locks
       where not granted and $1 = any(pg_blocking_pids(pid)) and waitstart < clock_timestamp() - interval '0.5 s'`,
      [holder.pid],
    );
    return rows.length > 0;
  });
  await holder.query('rollback');
  expect((await answer).errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  await expectState(database, acme, asInserted);
  countTried('faults');
});

test('a session whose client has gone silent is ended by PostgreSQL itself, and its locks with it', async () => {
  // The organization is locked by then.
  const failedSession = silent.failAt({ statement: 3, moment: 'after', fault: 'silent' });
  const { errors } = await call(impatient, mutations.install, { orgId: acme.orgId });
  expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  await waitUntil('its session is gone', async () => {
    return (await database.query('select from pg_stat_activity where pid = $1', [failedSession()])).length === 0;
  });
  await expectState(database, acme, asInserted);
  expect((await call(impatient, mutations.install, { orgId: acme.orgId })).errors).toBeUndefined();
  await expectState(database, acme, asInstalled);
  countTried('faults');
});

describe('what PostgreSQL says when it, or its machine, is not in order', () => {
  const states = {
    'a session that was shut down': '57P01',
    'a crash of another session': '57P02',
    'a database that was dropped': '57P04',
    'a session idle for too long': '57P05',
    'a transaction idle for too long': '25P03',
    'a transaction open for too long': '25P04',
    'a standby, which cannot write': '25006',
    'a connection that failed': '08006',
    'a statement out of its time': '57014',
    'no resources': '53000',
    'a full disk': '53100',
    'no memory': '53200',
    'no connections': '53300',
    'a limit of the configuration': '53400',
    'a failure of the system': '58000',
    'a disk that fails': '58030',
  };

  test.each(Object.entries(states))(
    '%s (%s) is SERVICE_UNAVAILABLE, in the midst of an install and at its commit, and nothing is stored',
    async (_, sqlState) => {
      await database.query(`create function fail() returns trigger language plpgsql as
        $$ begin raise exception 'the secret' using errcode = '${sqlState}'; end $$`);
      for (const timing of ['not deferrable', 'initially deferred']) {
        await database.query(
          `create constraint trigger fail after insert on workspaces ${timing} for each row execute function fail()`,
        );
        const { errors } = await call(api, mutations.install, { orgId: acme.orgId });
        await database.query('drop trigger fail on workspaces');
        const [error] = errors ?? [];
        expect(error?.message).not.toContain('secret');
        expect(error?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
        // What ends a session at a commit leaves open whether it was carried out, as no client can know which came first.
        const isOpen = timing === 'initially deferred' && /^(08|25P|57P)/.test(sqlState);
        expect(error?.extensions['outcome']).toBe(isOpen ? 'UNKNOWN' : undefined);
        await expectState(database, acme, asInserted);
        countTried('faults');
      }
      await database.query('drop function fail');
      expect((await call(api, mutations.install, { orgId: acme.orgId })).errors).toBeUndefined();
      await expectState(database, acme, asInstalled);
    },
  );
});

test('an install that runs out of the time of a statement is rolled back as a whole, and done when it is called again', async () => {
  const orgId = await insertOrganization(database);
  await database.query(`create function dawdle() returns trigger language plpgsql as
    $$ begin perform pg_sleep(60); return new; end $$`);
  await database.query('create trigger dawdle before insert on org_events for each row execute function dawdle()');
  for (const id of [orgId, acme.orgId]) {
    const { errors } = await call(hasty, mutations.install, { orgId: id });
    expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  }
  await expectState(database, acme, asInserted);
  await database.query('drop trigger dawdle on org_events');
  await database.query('drop function dawdle');
  expect((await call(hasty, mutations.install, { orgId: acme.orgId })).errors).toBeUndefined();
  await expectState(database, acme, asInstalled);
  countTried('faults', 2);
});
