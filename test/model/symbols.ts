import { v5 as uuidv5 } from 'uuid';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import type { Neighbour } from '../support/fixtures.ts';

// Programs are drawn, and printed, with words in place of ids: `@agent` is the platform agent of the organization that the
// program runs on, whichever that is. Names, plugins and words are so few that they often meet.

/** The first is the name that the agent gets by default. */
export const names = ['Acme Agent', 'Alpha', 'Beta', 'Gamma', 'Delta'] as const;
export const plugins = ['browser', 'search'] as const;

/** What may be there from the start, what a caller may create, what belongs to another organization, and nothing. */
export const workspaceSymbols = [
  ...['@w0', '@w1', '@w2', '@w3', '@w4', '@agent', '@agent', '@foreign', '@new0'],
  ...['@w0', '@w1', '@w2', '@w3', '@theirs', '@nothing'],
];
/** So few that callers at once are often after the same one. */
export const contestedSymbols = ['@w0', '@w1', '@w2', '@agent', '@new0'];
/** `@own` is the last that the caller created; where it has created none, a token that is not there. */
export const tokenSymbols = ['@token0', '@token1', '@token2', '@own', '@own', '@own', '@their-token'];
export const organizationSymbols = ['@org', '@other0', '@other1'];

/** The id that a word stands for within an organization. */
export const idOf = (orgId: string, symbol: string): string => uuidv5(symbol, orgId);

/** What words stand for, and how ids read. */
export interface Symbols {
  /** Puts ids in place of all words in the arguments of a call: those given, which depend on the caller, before all others. */
  resolve<Value>(value: Value, given?: ReadonlyMap<string, string>): Value;
  /** Puts words in place of all ids in a text. */
  read(text: string): string;
}

/** The words of a program that runs on that organization. */
export function createSymbols(orgId: string, neighbour: Neighbour): Symbols {
  const known: Record<string, string> = {
    '@org': orgId,
    '@agent': platformAgentId(orgId),
    '@theirs': neighbour.rootIds[0],
    '@their-token': neighbour.tokenId,
    '@their-org': neighbour.orgId,
  };
  const all = [...workspaceSymbols, ...tokenSymbols, ...organizationSymbols, '@no-org', ...Object.keys(known)];
  const ids = new Map(all.map((symbol) => [symbol, known[symbol] ?? idOf(orgId, symbol)]));
  return {
    resolve(value, given) {
      const id = (_: string, symbol: string) => JSON.stringify(given?.get(symbol) ?? ids.get(symbol));
      return JSON.parse(JSON.stringify(value).replace(/"(@[\w-]+)"/g, id));
    },
    read: (text) => [...ids].reduce((shorter, [symbol, id]) => shorter.replaceAll(id, symbol), text),
  };
}
