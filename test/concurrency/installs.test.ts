import { beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { createTestApi } from '../support/api.ts';
import { waitUntilBlockedBy } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertPlatformAgent } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Acme, asInstalled, expectState, insertAcme, installedUnder, plus } from './acme.ts';
import { attempt, call, mutations } from './calls.ts';
import { hold, race, watchDeadlocks } from './interleaving.ts';

const callers = 16;

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database, { poolSize: callers });
watchNeighbour(database);

let acme: Acme;
beforeEach(async () => {
  acme = await insertAcme(database);
});

const installAs = (name: string) => (tx: Transaction) =>
  installPlatformAgent(tx, { orgId: acme.orgId, name, actor: 'operator' });

describe('an install that waits for another', () => {
  test('returns the agent that the other one made, and changes nothing', async () => {
    const second = () => call(api, mutations.install, { orgId: acme.orgId, name: 'Second' });
    const { data } = await race(database, api.prisma, installAs('First'), second, 'commit');
    const agent = { id: acme.agentId, name: 'First', kind: 'PLATFORM', status: 'OFFLINE' };
    expect(data).toEqual({ installPlatformAgent: agent });
    await expectState(database, acme, installedUnder('First'));
  });

  test('does all of the work when the other one is rolled back', async () => {
    const second = () => call(api, mutations.install, { orgId: acme.orgId, name: 'Second' });
    const { data } = await race(database, api.prisma, installAs('First'), second, 'rollback');
    const agent = { id: acme.agentId, name: 'Second', kind: 'PLATFORM', status: 'OFFLINE' };
    expect(data).toEqual({ installPlatformAgent: agent });
    await expectState(database, acme, installedUnder('Second'));
  });

  test('finds the platform agent of another id demoted already', async () => {
    await insertPlatformAgent(database, acme.orgId, { id: acme.orgId, name: 'Acme Agent' });
    const second = () => attempt(api, mutations.install, { orgId: acme.orgId });
    expect(await race(database, api.prisma, installAs('Acme Agent'), second, 'commit')).toBe('done');
    await expectState(database, acme, plus(asInstalled, { workspaces: ['Acme Agent/Acme Agent'] }));
  });

  test('demotes the platform agent of another id when the other one is rolled back', async () => {
    await insertPlatformAgent(database, acme.orgId, { id: acme.orgId, name: 'Acme Agent' });
    const second = () => attempt(api, mutations.install, { orgId: acme.orgId });
    expect(await race(database, api.prisma, installAs('Acme Agent'), second, 'rollback')).toBe('done');
    await expectState(database, acme, plus(asInstalled, { workspaces: ['Acme Agent/Acme Agent'] }));
  });
});

test('of sixteen installs at once one does the work, and all return the same agent', async () => {
  // All connections are there before the first of them has anything to do.
  const held = await Promise.all(Array.from({ length: callers }, () => hold(api.prisma, async () => {})));
  await Promise.all(held.map(({ end }) => end('rollback')));
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [acme.orgId]);
  const answers = Array.from({ length: callers }, (_, index) =>
    call(api, mutations.install, { orgId: acme.orgId, name: `Agent ${index}` }),
  );
  // Each of them waits on a connection of its own by now.
  await waitUntilBlockedBy(holder, callers);
  await holder.query('commit');

  const returned = (await Promise.all(answers)).map(({ data }) => data);
  const [first] = returned as { installPlatformAgent: { id: string; name: string } }[];
  expect(first).toMatchObject({ installPlatformAgent: { id: acme.agentId, kind: 'PLATFORM', status: 'OFFLINE' } });
  expect(returned).toEqual(Array(callers).fill(first));
  await expectState(database, acme, installedUnder(first?.installPlatformAgent.name ?? ''));
});

test('an install that meets an installed organization waits for nobody', async () => {
  await call(api, mutations.install, { orgId: acme.orgId });
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from organizations where id = $1 for update', [acme.orgId]);
  await holder.query('select from workspaces where org_id = $1 for update', [acme.orgId]);
  expect(await attempt(api, mutations.install, { orgId: acme.orgId })).toBe('done');
  await holder.query('rollback');
});
