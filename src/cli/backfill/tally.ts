import type { Outcome } from '../../platform-agent/backfill-organization.ts';

/** How many organizations came out how. */
export interface Tally {
  /** How many there were at the start. */
  readonly total: number;
  /** Those that are done with, however they came out. */
  looked: number;
  /** Installed now, or of a dry run: those that would be. */
  installed: number;
  /** The agent stood before, or another program installed it meanwhile. */
  settled: number;
  /** The agent is removed. Only a restore brings it back. */
  removed: number;
  left: number;
  /** What all installs together would do. Of a dry run alone. */
  readonly effects: {
    adoptedWorkspaces: number;
    movedTokens: number;
    demotedAgents: number;
    /** Organizations that have roots which admit every plugin now, and will not. */
    restrictedOrganizations: number;
  };
}

export function createTally(total: number): Tally {
  const effects = { adoptedWorkspaces: 0, movedTokens: 0, demotedAgents: 0, restrictedOrganizations: 0 };
  return { total, looked: 0, installed: 0, settled: 0, removed: 0, left: 0, effects };
}

/** Adds what became of one organization. */
export function count(tally: Tally, outcome: Outcome): void {
  tally.looked += 1;
  if (outcome.kind !== 'gone') tally[outcome.kind] += 1;
  if (outcome.kind !== 'installed' || outcome.effects === undefined) return;
  const { adoptedWorkspaces, movedTokens, demotedAgent, restricts } = outcome.effects;
  tally.effects.adoptedWorkspaces += adoptedWorkspaces.length;
  tally.effects.movedTokens += movedTokens;
  tally.effects.demotedAgents += demotedAgent === null ? 0 : 1;
  tally.effects.restrictedOrganizations += restricts ? 1 : 0;
}
