import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ApiClient } from '../support/api-client.ts';
import type { TestDatabase } from '../support/database.ts';
import type { Neighbour } from '../support/fixtures.ts';
import { findViolations } from '../support/invariants.ts';
import { ask } from './answers.ts';
import type { Caller } from './apply.ts';
import type { Call } from './calls.ts';
import { initialState } from './initial-state.ts';
import { explainImpossible, type History, type Made } from './order.ts';
import type { Program } from './programs.ts';
import type { State } from './state.ts';
import { deleteOrganizations, insertState, readState } from './stored.ts';
import { createSymbols, idOf, organizationSymbols, type Symbols } from './symbols.ts';

/** Where programs are run: every caller has a server of its own. */
export interface Stage {
  readonly database: TestDatabase;
  readonly servers: readonly ApiClient[];
  readonly neighbour: Neighbour;
}

/**
 * Runs the program on an organization of its own, all callers at once, and expects that some order of the calls explains
 * all that was answered and stored, and that what is stored breaks no invariant.
 */
export async function runProgram(
  { database, servers, neighbour }: Stage,
  program: Program,
): Promise<readonly History[]> {
  const orgId = randomUUID();
  const symbols = createSymbols(orgId, neighbour);
  const initial = initialState(orgId, program.beginning);
  const createdIds = symbols.resolve(organizationSymbols);
  try {
    const texts = await insertState(database, initial);
    const clock = { now: 0 };
    const histories = await Promise.all(
      program.callers.map(({ kind, calls }, index) => {
        const caller = kind === 'token' ? bearer(initial, index) : ({ kind: 'operator' } as const);
        const token = caller.kind === 'token' ? texts.get(caller.tokenId) : undefined;
        const server = servers[index];
        if (server === undefined) throw new Error('There are more callers than servers');
        // The operator may change any organization, and is to leave the other one alone.
        const given = caller.kind === 'operator' ? [['@their-org', idOf(orgId, '@no-org')] as const] : [];
        const resolve: Symbols['resolve'] = (value, own = new Map()) =>
          symbols.resolve(value, new Map([...given, ...own]));
        return makeCalls(calls, resolve, clock, (call) => ask(server, call, token)).then((made) => ({ caller, made }));
      }),
    );
    const stored = await readState(database, initial, createdIds);
    const reason = explainImpossible(histories, initial, stored);
    if (reason !== undefined) throw new Error(symbols.read(reason));
    expect(await findViolations(database)).toEqual([]);
    return histories;
  } finally {
    await deleteOrganizations(database, createdIds);
  }
}

/** One of the tokens that the organization begins with; the operator where it has none. */
function bearer({ tokens }: State, index: number): Caller {
  const ids = Object.keys(tokens);
  const tokenId = ids[index % ids.length];
  return tokenId === undefined ? { kind: 'operator' } : { kind: 'token', tokenId };
}

async function makeCalls(
  calls: readonly Call[],
  resolve: Symbols['resolve'],
  clock: { now: number },
  make: (call: Call) => Promise<Made['answer']>,
): Promise<Made[]> {
  const made: Made[] = [];
  const own = new Map<string, string>();
  for (const drawn of calls) {
    const call = resolve(drawn, own);
    const began = clock.now++;
    const answer = await make(call);
    made.push({ call, answer, began, ended: clock.now++ });
    if (call.mutation === 'createApiToken' && 'done' in answer) own.set('@own', (answer.done as { id: string }).id);
  }
  return made;
}
