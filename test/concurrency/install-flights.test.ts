import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { waitUntil, waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase, type TestClient } from '../support/database.ts';
import { openGate } from '../support/gate.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { observeStatements } from '../support/statements.ts';
import { type Acme, asInserted, asInstalled, expectState, insertAcme } from './acme.ts';
import { attempt, mutations, type Outcome } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const gate = await openGate(database.url);
afterAll(gate.close);
// One connection: what an install leaves behind on it, the next one meets.
const api = createTestApi({ ...database, url: gate.url }, { poolSize: 1 });
const hasty = createTestApi({ ...database, url: gate.url }, { poolSize: 1, lockTimeoutMs: 100 });
watchNeighbour(database);
const [rival, tokenHolder] = [await database.connect(), await database.connect()];

let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
  await rival.query('begin');
  await tokenHolder.query('begin');
});
afterEach(async () => {
  await rival.query('rollback');
  await tokenHolder.query('rollback');
});

const lockOrganization = () => rival.query('select from organizations where id = $1 for update', [acme.orgId]);
/** What the write of an install comes up against, and nothing before it. */
const lockToken = () => tokenHolder.query('select from org_api_tokens where id = $1 for update', [acme.alphaToken]);
const install = (client = api): Promise<Outcome> => attempt(client, mutations.install, { orgId: acme.orgId });

/** The statements of an install, by their form. */
const forms = {
  look: /^select .* from unnest\(.*\) as key .* join judged_workspaces /,
  begin: /^BEGIN$/,
  lockOrganization: /^select .* from organizations where id = \$1::uuid for update$/,
  lockRoots: /^select .* from workspaces where org_id = \$1::uuid .* order by id for update$/,
  write: /^with agent as \(/,
  commit: /^COMMIT$/,
};

function nameOf(statement: string): string {
  const text = statement.trim().replace(/\s+/g, ' ');
  return Object.entries(forms).find(([, form]) => form.test(text))?.[0] ?? text;
}

/** What the connections of the server are doing, with the last statement of each and how many locks it holds. */
async function readConnections() {
  const connections = await database.query<{ state: string; statement: string; locks: number }>(
    `select state, query as statement,
       (select count(*)::int from pg_locks l where l.pid = a.pid and l.locktype <> 'virtualxid') as locks
     from pg_stat_activity a
     where datname = current_database() and application_name = 'taproot'`,
  );
  return connections.map(({ statement, ...connection }) => ({ ...connection, statement: nameOf(statement) }));
}

/** Lets PostgreSQL end what waits for the holder: its statement, or its connection. */
const interrupt = (how: 'pg_cancel_backend' | 'pg_terminate_backend', holder: TestClient) =>
  database.query(`select ${how}(pid) from pg_locks where not granted and $1 = any(pg_blocking_pids(pid))`, [
    holder.pid,
  ]);

/** Expects that an install has stored nothing, and left neither a lock nor a transaction on its connection. */
async function expectNothingLeft(): Promise<void> {
  await expectState(database, acme, asInserted);
  for (const connection of await readConnections()) expect(connection).toMatchObject({ state: 'idle', locks: 0 });
}

/** Resolves once PostgreSQL has refused this statement, as one before it in the same transaction had failed. */
const untilRefused = (statement: keyof typeof forms) =>
  waitUntil(`${statement} is refused`, async () =>
    (await readConnections()).some(
      (connection) => connection.state === 'idle in transaction (aborted)' && connection.statement === statement,
    ),
  );

test('an install does not wait for answers that its next statement does not need', async () => {
  await lockOrganization();
  await lockToken();
  const sent: string[] = [];
  const stop = observeStatements(({ text }) => sent.push(nameOf(text)));
  try {
    const outcome = install();
    await waitUntilBlockedBy(rival);
    await waitUntil('the roots are to be locked behind the organization', async () => sent.length === 4);
    expect(sent).toEqual(['look', 'begin', 'lockOrganization', 'lockRoots']);
    await rival.query('rollback');
    await waitUntilBlockedBy(tokenHolder);
    await waitUntil('the agent is to be read behind the write', async () => sent.length === 6);
    expect(sent.slice(4)).toEqual(['write', 'look']);
    await tokenHolder.query('rollback');
    expect(await outcome).toBe('done');
    expect(sent.slice(6)).toEqual(['commit']);
  } finally {
    stop();
  }
  await expectState(database, acme, asInstalled);
});

test('roots are read as they are once the organization is locked, though they were asked for before', async () => {
  const { orgId, beta } = acme;
  await lockOrganization();
  const outcome = install();
  await waitUntilBlockedBy(rival);
  await rival.query(`update workspaces set plugin_policy = 'allow_listed' where org_id = $1 and id = $2`, [
    orgId,
    beta,
  ]);
  await rival.query('commit');
  expect(await outcome).toBe('done');
  await expectState(database, acme, { ...asInstalled, restricted: ['Acme Agent'] });
});

test('an install that gives up on the organization leaves nothing, though the roots were to be locked behind it', async () => {
  await lockOrganization();
  expect(await install(hasty)).toEqual({ code: 'LOCK_TIMEOUT', retryable: true });
  await expectNothingLeft();
  await rival.query('rollback');
  expect(await install(hasty)).toBe('done');
  await expectState(database, acme, asInstalled);
});

describe('when the answers to all that was sent arrive at once, an install fails with what was first to fail:', () => {
  test('the lock on the organization, for which it was not let wait', async () => {
    await lockOrganization();
    const outcome = install();
    await waitUntilBlockedBy(rival);
    const release = gate.detain();
    await interrupt('pg_cancel_backend', rival);
    await untilRefused('lockRoots').finally(release);
    expect(await outcome).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    await expectNothingLeft();
  });

  test('the write, which a constraint refused', async () => {
    await database.query(`create function refuse() returns trigger language plpgsql as
      $$ begin raise unique_violation using constraint = 'workspaces_parent_name_uniq'; end $$`);
    await database.query('create trigger refuse before insert on org_events for each row execute function refuse()');
    try {
      await lockToken();
      const outcome = install();
      await waitUntilBlockedBy(tokenHolder);
      const release = gate.detain();
      await tokenHolder.query('rollback');
      await untilRefused('look').finally(release);
      expect(await outcome).toEqual({ code: 'NAME_CONFLICT' });
      await expectNothingLeft();
    } finally {
      await database.query('drop function refuse cascade');
    }
    expect(await install()).toBe('done');
    await expectState(database, acme, asInstalled);
  });
});

test.each([
  ['the organization', lockOrganization, rival],
  ['a row that it writes', lockToken, tokenHolder],
])(
  'an install whose connection is cut while it waits for %s stores nothing, and may be tried again',
  async (_, lock, holder) => {
    await lock();
    const outcome = install();
    await waitUntilBlockedBy(holder);
    await interrupt('pg_terminate_backend', holder);
    expect(await outcome).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    await expectNothingLeft();
    await holder.query('rollback');
    expect(await install()).toBe('done');
    await expectState(database, acme, asInstalled);
  },
);
