import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { watchDeadlocks } from '../concurrency/interleaving.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { rules } from './apply.ts';
import { bounds } from './bounds.ts';
import type { Mutation } from './calls.ts';
import { argumentsAbout, type Program, programs } from './programs.ts';
import { runProgram } from './run.ts';
import { contestedSymbols, workspaceSymbols } from './symbols.ts';

const maxCallers = 4;

const database = await createTestDatabase();
watchDeadlocks(database);
const servers = Array.from({ length: maxCallers }, () => createTestApi(database, bounds));
const neighbour = watchNeighbour(database);
const stage = { database, servers, neighbour };

/** How often each mutation was answered in which way: a property that never met a refusal would prove little of it. */
const met = new Map<string, number>();

async function runAndCount(program: Program): Promise<void> {
  const histories = await runProgram(stage, program);
  for (const { call, answer } of histories.flat()) {
    const kind = `${call.mutation} ${'done' in answer ? 'done' : answer.refused}`;
    met.set(kind, (met.get(kind) ?? 0) + 1);
  }
  countTried('sequences');
}
const severalAtOnce = { callers: { min: 2, max: maxCallers }, maxCalls: 6, workspaceSymbols: contestedSymbols };

const timeLimitMs = tries({ bounded: 300_000, deep: 3_600_000 });
/** What was found by then is reported, shrunk as far as it was, and too little time is a failure too. */
const limits = { interruptAfterTimeLimit: timeLimitMs * 0.8, markInterruptAsFailure: true };

test('every mutation of the schema is called, and has a rule', () => {
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {}).toSorted();
  expect(Object.keys(argumentsAbout(workspaceSymbols)).toSorted()).toEqual(mutations);
  expect(Object.keys(rules).toSorted()).toEqual(mutations);
});

test(
  'of one caller every call is answered as the design says, and leaves the rows that it says',
  async () => {
    await fc.assert(
      fc.asyncProperty(programs({ callers: { min: 1, max: 1 }, maxCalls: 20, workspaceSymbols }), runAndCount),
      {
        seed: seedOfRun(),
        numRuns: tries({ bounded: 150, deep: 4_000 }),
        ...limits,
      },
    );
  },
  timeLimitMs,
);

test(
  'of several callers at once some order of the calls explains every answer and every row',
  async () => {
    let hasFailed = false;
    const property = fc.asyncProperty(programs(severalAtOnce), async (program) => {
      // What depends on luck is tried more often before it is thought to be gone.
      for (let attempt = 0; attempt < (hasFailed ? 5 : 1); attempt++) {
        try {
          await runAndCount(program);
        } catch (error) {
          hasFailed = true;
          throw error;
        }
      }
    });
    await fc.assert(property, {
      seed: seedOfRun(),
      numRuns: tries({ bounded: 500, deep: 10_000 }),
      ...limits,
    });
  },
  timeLimitMs,
);

test('the calls have met every answer that there is', () => {
  const never = Object.entries(possible).flatMap(([mutation, answers]) =>
    answers.filter((answer) => !met.has(`${mutation} ${answer}`)).map((answer) => `${mutation} ${answer}`),
  );
  expect(never).toEqual([]);
});

const inOrganization = ['done', 'ORGANIZATION_NOT_FOUND', 'UNAUTHENTICATED'];
const onWorkspace = [...inOrganization, 'WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED'];
const onRoot = [...onWorkspace, 'AMBIGUOUS_ROOT', 'BAD_USER_INPUT'];

/** How each mutation can be answered. */
const possible: Record<Mutation, readonly string[]> = {
  createOrganization: ['done', 'ALREADY_EXISTS', 'FORBIDDEN', 'UNAUTHENTICATED'],
  installPlatformAgent: [...inOrganization, 'NAME_CONFLICT'],
  createWorkspace: [...onWorkspace, 'ALREADY_EXISTS', 'NAME_CONFLICT'],
  moveWorkspace: [...onWorkspace, 'NAME_CONFLICT', 'PLATFORM_AGENT_IMMOVABLE', 'WOULD_CYCLE'],
  renameWorkspace: [...onWorkspace, 'NAME_CONFLICT'],
  removeWorkspace: [...inOrganization, 'WORKSPACE_NOT_FOUND', 'HAS_CHILDREN'],
  restoreWorkspace: [...onWorkspace, 'NAME_CONFLICT'],
  allowPlugin: onRoot,
  disallowPlugin: onRoot,
  setPluginPolicy: onRoot,
  createApiToken: onRoot,
  revokeApiToken: [...inOrganization, 'API_TOKEN_NOT_FOUND'],
  recordHeartbeat: onWorkspace,
  recordHeartbeats: inOrganization,
  reportProvisioning: onWorkspace,
};
