import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, test, vi } from 'vitest';
import { type Acme, insertAcme } from '../concurrency/acme.ts';
import { everyChange, heartbeats, mutations } from '../concurrency/calls.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { insertPlatformAgent } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Change, expectNoLeak, type Lane, makeUndisturbed, openLane, tryFault, type Undisturbed } from './lane.ts';
import { type FaultPoint, faults, moments } from './wire.ts';

vi.setConfig({ testTimeout: tries({ bounded: 120_000, deep: 3_600_000 }) });

const database = await createTestDatabase();
watchNeighbour(database);

const lanes = await Promise.all([3, 3, 3, 3].map((poolSize) => openLane(database, poolSize)));
const lanesOfOne = await Promise.all([1, 1].map((poolSize) => openLane(database, poolSize)));

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

const beat: Omit<Change, 'call'> = { insert: insertAcme, decidedBy: /^\s*with beat/, isMadeAnew: true };
const withoutTransaction: Record<string, Change> = {
  recordHeartbeat: { ...beat, call: ({ orgId, alpha }) => [heartbeats.one, { orgId, id: alpha }] },
  recordHeartbeats: {
    ...beat,
    call: ({ orgId, alpha, beta }) => [
      heartbeats.many,
      { orgId, beats: [{ workspaceId: alpha }, { workspaceId: beta }] },
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

/** So many of the points, and the one that matters most: the change is made, and its answer is lost. */
function somePoints(undisturbed: Undisturbed, count: number): FaultPoint[] {
  const points = everyPoint(undisturbed);
  if (count >= points.length) return points;
  const sample = fc.shuffledSubarray(points, { minLength: count, maxLength: count });
  const [chosen = []] = fc.sample(sample, { seed: seedOfRun(), numRuns: 1 });
  return [{ statement: undisturbed.deciding, moment: 'unanswered', fault: 'cut' }, ...chosen];
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
  await expectNoLeak(database, on);
}

async function tryPoints(on: readonly Lane[], change: Change, count: number): Promise<void> {
  const [lane] = on;
  if (lane === undefined) throw new Error('There is no lane');
  const undisturbed = await makeUndisturbed(database, lane, change);
  await tryAll(on, undisturbed, somePoints(undisturbed, count));
}

const all = Number.POSITIVE_INFINITY;

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

  test.each(others)('%s', async (name) => {
    const change: Change = {
      insert: insertAcme,
      call: (acme) => everyChange(acme)[name],
      ...(refusedAgain[name] && { refusedAgain: refusedAgain[name] }),
    };
    await tryPoints(lanes, change, tries({ bounded: 3, deep: all }));
  });

  test.each(Object.keys(withoutTransaction))('%s, which opens no transaction', async (name) => {
    await tryPoints(lanes, withoutTransaction[name] as Change, tries({ bounded: 3, deep: all }));
  });
});
