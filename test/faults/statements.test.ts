import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { type Acme, insertAcme } from '../concurrency/acme.ts';
import { everyChange, heartbeats, mutations } from '../concurrency/calls.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { insertPlatformAgent } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import {
  type Change,
  expectNoLostConnection,
  type Lane,
  makeUndisturbed,
  openLane,
  tryFault,
  type Undisturbed,
} from './lane.ts';
import { type Fault, type FaultPoint, faults, moments } from './wire.ts';

vi.setConfig({ testTimeout: tries({ bounded: 120_000, deep: 3_600_000 }) });

const database = await createTestDatabase();
watchNeighbour(database);

/** Most of the time they wait for a silence to be over, so that many may be open. */
const openLanes = (count: number, poolSize: number) =>
  Promise.all(Array.from({ length: count }, () => openLane(database, poolSize)));
const lanes = await openLanes(tries({ bounded: 4, deep: 10 }), 3);
const lanesOfOne = await openLanes(tries({ bounded: 2, deep: 10 }), 1);

/** Roots, and a platform agent of another id that bears the name which the new one is to have. */
async function insertWithForeignAgent(into: TestDatabase): Promise<Acme> {
  const acme = await insertAcme(into);
  await insertPlatformAgent(into, acme.orgId, { id: randomUUID() });
  return acme;
}

const install = ({ orgId }: Acme) => [mutations.install, { orgId }] as const;
const freshInstall: Change = { insert: insertAcme, call: install };
const replacement: Change = { insert: insertWithForeignAgent, call: install };

type Name = keyof ReturnType<typeof everyChange>;
const others: readonly Name[] = [
  'createWorkspace',
  'renameWorkspace',
  'moveWorkspace',
  'allowPlugin',
  'disallowPlugin',
  'setPluginPolicy',
  'createApiToken',
  'revokeApiToken',
  'removeWorkspace',
  'restoreWorkspace',
];
const refusedAgain: Partial<Record<Name, string>> = { createWorkspace: 'NAME_CONFLICT' };
const change = (name: Name): Change => ({
  insert: insertAcme,
  call: (acme) => everyChange(acme)[name],
  ...(refusedAgain[name] && { refusedAgain: refusedAgain[name] }),
});

const createOrganization: Change = {
  // The one that it is about is not there yet.
  insert: async (into) => ({ ...(await insertAcme(into)), orgId: randomUUID() }),
  call: ({ orgId }) => ['mutation ($orgId: ID!) { createOrganization(name: "Acme", id: $orgId) { id } }', { orgId }],
};

const beat: Omit<Change, 'call'> = { insert: insertAcme, decidedBy: /^\s*with beat/, isMadeAnew: true };
const withoutTransaction: Record<string, Change> = {
  recordHeartbeat: { ...beat, call: ({ orgId, alpha }) => [heartbeats.one, { orgId, id: alpha }] },
  recordHeartbeats: {
    ...beat,
    call: ({ orgId, alpha, beta }) => [
      heartbeats.many,
      { orgId, beats: [{ workspaceId: alpha, health: 'DEGRADED', message: 'Slow' }, { workspaceId: beta }] },
    ],
  },
  reportProvisioning: {
    ...beat,
    decidedBy: /^\s*update workspace_heartbeats/,
    call: ({ orgId, alpha }) => [heartbeats.report, { orgId, id: alpha, state: 'FAILED' }],
  },
};

/** Every point at which a change can fail. */
function everyPoint({ statements }: Undisturbed): FaultPoint[] {
  return statements.flatMap((_, statement) =>
    moments.flatMap((moment) => faults.map((fault) => ({ statement, moment, fault }))),
  );
}

/** So many of the points, and those that matter most: the change is made, and its answer is lost, in each of these ways. */
function somePoints(undisturbed: Undisturbed, count: number, always: readonly Fault[]): FaultPoint[] {
  const points = everyPoint(undisturbed);
  if (count >= points.length) return points;
  const sample = fc.shuffledSubarray(points, { minLength: count, maxLength: count });
  const [chosen = []] = fc.sample(sample, { seed: seedOfRun(), numRuns: 1 });
  const { deciding: statement } = undisturbed;
  return [...always.map((fault): FaultPoint => ({ statement, moment: 'unanswered', fault })), ...chosen];
}

/** Tries them all, on several lanes at once, and expects that no connection is lost to the pools by that. */
async function tryAll(on: readonly Lane[], undisturbed: Undisturbed, points: readonly FaultPoint[]): Promise<void> {
  const waiting = [...points];
  await Promise.all(
    on.map(async (lane) => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        await tryFault(database, lane, undisturbed, point);
        countTried('faults');
      }
    }),
  );
  await expectNoLostConnection(database, on);
}

async function tryPoints(
  on: readonly Lane[],
  tried: Change,
  count: number,
  always: readonly Fault[] = ['cut'],
): Promise<void> {
  const [lane] = on;
  if (lane === undefined) throw new Error('There is no lane');
  const undisturbed = await makeUndisturbed(database, lane, tried);
  await tryAll(on, undisturbed, somePoints(undisturbed, count, always));
}

const all = Number.POSITIVE_INFINITY;
/** Those whose commit is met with silence in every run, which takes as long as the silence does. */
const metWithSilence: readonly Name[] = ['moveWorkspace', 'createApiToken'];

test('every mutation of the schema is tried', () => {
  const tried = ['installPlatformAgent', 'createOrganization', ...others, ...Object.keys(withoutTransaction)];
  expect(tried.toSorted()).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}).toSorted());
});

describe('a change whose connection fails at a statement is all there or not at all, and is answered truly:', () => {
  test('an install, at every one', async () => {
    await tryPoints(lanes, freshInstall, all);
  });

  test('an install that demotes a platform agent of another id', async () => {
    await tryPoints(lanes, replacement, tries({ bounded: 30, deep: all }));
  });

  test('an install, with a pool of one connection, which is there again for the next', async () => {
    await tryPoints(lanesOfOne, freshInstall, tries({ bounded: 8, deep: all }));
    await tryPoints(lanesOfOne, replacement, tries({ bounded: 2, deep: all }));
  });

  test('a move, with a pool of one connection', async () => {
    await tryPoints(lanesOfOne, change('moveWorkspace'), tries({ bounded: 4, deep: all }));
  });

  test('a new organization', async () => {
    await tryPoints(lanes, createOrganization, tries({ bounded: 3, deep: all }));
  });

  test.each(others)('%s', async (name) => {
    const always: Fault[] = metWithSilence.includes(name) ? ['cut', 'silent'] : ['cut'];
    await tryPoints(lanes, change(name), tries({ bounded: 3, deep: all }), always);
  });

  test.each(Object.keys(withoutTransaction))('%s, which opens no transaction', async (name) => {
    await tryPoints(lanes, withoutTransaction[name] as Change, tries({ bounded: 3, deep: all }));
  });
});
