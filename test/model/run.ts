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
  { orgId, beginning, callers }: Program,
): Promise<readonly History[]> {
  const symbols = createSymbols(orgId, neighbour);
  const initial = initialState(orgId, beginning);
  const createdIds = symbols.resolve(organizationSymbols);
  try {
    const texts = await insertState(database, initial);
    const clock = { now: 0 };
    const histories = await Promise.all(
      callers.map(({ kind, calls }, index) => {
        const server = servers[index];
        if (server === undefined) throw new Error('There are more callers than servers');
        const caller = kind === 'token' ? bearer(initial, index) : operator;
        return makeCalls({ server, symbols, orgId, clock, texts }, caller, kind === 'creator', calls);
      }),
    );
    for (const { call, answer } of histories.flat()) {
      if (call.mutation === 'createOrganization' && 'done' in answer) createdIds.push(idIn(answer));
    }
    const stored = await readState(database, initial, createdIds);
    const reason = explainImpossible(histories, initial, stored);
    if (reason !== undefined) throw new Error(symbols.read(reason));
    expect(await findViolations(database)).toEqual([]);
    return histories;
  } finally {
    await deleteOrganizations(database, createdIds);
  }
}

const operator: Caller = { kind: 'operator' };

/** One of the tokens that the organization begins with; the operator where it has none. */
function bearer({ tokens }: State, index: number): Caller {
  const ids = Object.keys(tokens);
  const tokenId = ids[index % ids.length];
  return tokenId === undefined ? operator : { kind: 'token', tokenId };
}

/** What a caller makes its calls with. */
interface Circumstances {
  readonly server: ApiClient;
  readonly symbols: Symbols;
  readonly orgId: string;
  /** Counts what all callers see. */
  readonly clock: { now: number };
  /** The texts of the tokens, by their ids. */
  readonly texts: Map<string, string>;
}

/** @param goesOver whether a token that the caller creates makes its further calls */
async function makeCalls(
  { server, symbols, orgId, clock, texts }: Circumstances,
  first: Caller,
  goesOver: boolean,
  calls: readonly Call[],
): Promise<History> {
  const made: Made[] = [];
  const own = new Map<string, string>();
  let caller = first;
  for (const drawn of calls) {
    // The operator may change any organization, and is to leave the other one alone.
    const given = caller.kind === 'operator' ? [['@their-org', idOf(orgId, '@no-org')] as const] : [];
    const call = symbols.resolve(drawn, new Map([...given, ...own]));
    const token = caller.kind === 'token' ? texts.get(caller.tokenId) : undefined;
    let created: string | undefined;
    const began = clock.now++;
    const answer = await ask(server, call, token, (text) => {
      created = text;
    });
    made.push({ caller, call, answer, began, ended: clock.now++ });
    if (created === undefined) continue;
    const tokenId = idIn(answer);
    own.set('@own', tokenId);
    texts.set(tokenId, created);
    if (goesOver) caller = { kind: 'token', tokenId };
  }
  return made;
}

/** The id of what the call created. */
function idIn(answer: Made['answer']): string {
  if (!('done' in answer)) throw new Error(`Nothing was created: ${answer.refused}`);
  return (answer.done as { id: string }).id;
}
