import type { Answer, Arguments, Mutation } from './calls.ts';
import { type Identified, isLive, type State, workspacesWhere } from './state.ts';

/** Who calls, and what the server makes up for the call. */
export interface Circumstances {
  /** As events and provenance name the caller. */
  readonly actor: string;
  /** The id that the server gives to what the call creates, if it does. The model takes it from the answer. */
  readonly freshId: string;
}

/**
 * What a call leads to at one moment: an answer, or a further step that is taken at a later moment. Most calls happen at
 * one moment. Whoever authenticates, or answers with what it reads after it has written, needs more of them.
 */
export type Outcome =
  | { readonly state: State; readonly answer: Answer }
  | { readonly state: State; readonly next: Step };

export interface Step {
  /** What tells this step from others that the same call could have come to. */
  readonly key: string;
  readonly take: (state: State) => Outcome;
}

/** What the design says of a mutation. */
export type Rule<M extends Mutation> = (state: State, args: Arguments[M], circumstances: Circumstances) => Outcome;

/** How a rule ends that changes nothing. */
export class Refusal extends Error {
  readonly code: string;
  readonly ids: Readonly<Record<string, unknown>>;

  constructor(code: string, ids: Readonly<Record<string, unknown>>) {
    super(code);
    this.code = code;
    this.ids = ids;
  }
}

export const done = (state: State, answer: unknown): Outcome => ({ state, answer: { done: answer } });

/** @throws Refusal unless it is the organization of the model */
export function requireOrganization(state: State, orgId: string): void {
  if (orgId !== state.orgId) throw new Refusal('ORGANIZATION_NOT_FOUND', { orgId });
}

/** @throws Refusal where the organization has no such workspace */
export function workspaceOf(state: State, orgId: string, id: string): Identified {
  requireOrganization(state, orgId);
  const workspace = state.workspaces[id];
  if (workspace === undefined) throw new Refusal('WORKSPACE_NOT_FOUND', { orgId, workspaceId: id });
  return { ...workspace, id };
}

/** @throws Refusal where it is a tombstone, too */
export function liveWorkspaceOf(state: State, orgId: string, id: string): Identified {
  const workspace = workspaceOf(state, orgId, id);
  if (!isLive(workspace)) throw new Refusal('WORKSPACE_REMOVED', { workspaceId: id });
  return workspace;
}

/** The refusal that names the platform agent which an installed organization waits for: the newest of them. */
export function removedAgent(state: State): Refusal {
  const agent = workspacesWhere(state, ({ kind }) => kind === 'platform').at(-1);
  return new Refusal('WORKSPACE_REMOVED', { workspaceId: agent?.id ?? state.agentId });
}
