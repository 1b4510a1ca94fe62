import { initContextCache } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { OrganizationWriter } from '../database/organization-writer.ts';
import type { ReplicaReader } from '../database/replica.ts';
import type { OrganizationWatches } from '../events/organization-watches.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { type Caller, UnauthenticatedError } from '../tokens/authenticate.ts';
import type { BeatWorkspace } from '../workspaces/heartbeats.ts';
import type { ReadWorkspace } from '../workspaces/workspace-rows.ts';
import type { Limits } from './limits/limits.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { Outcomes } from './outcomes.ts';

/** What every resolver of one request shares. */
export interface Context {
  readonly prisma: PrismaClient;
  /** Runs reads that may be somewhat old, and is asked for nothing else. Undefined: there is no replica. */
  readonly replica: ReplicaReader | undefined;
  /** Opens the transaction of a structural write. */
  readonly write: OrganizationWriter;
  /** What subscribers are told by. */
  readonly watches: OrganizationWatches;
  /** Reads a workspace together with those that other requests read. */
  readonly readWorkspace: ReadWorkspace;
  /** Records a heartbeat together with those of other requests. */
  readonly beatWorkspace: BeatWorkspace;
  /** Told what operations have done. Undefined: nobody wants to know. */
  readonly outcomes: Outcomes | undefined;
  /** Null when nobody was let in, which `callers.ts` sees to: then every field of Query and Mutation is refused. */
  readonly caller: Caller | null;
  /** How much a request may ask for. */
  readonly limits: Limits;
  /** The loaders that the field in question shares with others. */
  readonly loaders: (info: GraphQLResolveInfo) => Loaders;
}

/** The context of one request, with what all requests share. */
export function createContext(shared: Omit<Context, 'caller' | 'loaders'>, caller: Caller | null): Context {
  return { ...shared, caller, loaders: createLoaders(shared.prisma) };
}

/**
 * Makes the context of a subscription, which has one for all its updates, as good as new. What was loaded for one update
 * must not answer for the next, and neither it nor what Pothos notes of each row may be kept until the last.
 */
export function renewContext(context: Context): void {
  Object.assign(context, initContextCache(), { loaders: createLoaders(context.prisma) });
}

/** Whether the caller may know of this organization at all. */
export function sees(caller: Caller | null, orgId: string): boolean {
  return caller?.kind === 'operator' || (caller?.kind === 'organization' && caller.orgId === orgId.toLowerCase());
}

/**
 * The scope of a type whose rows belong to an organization. It is asked for every row of every list: a caller who sees the
 * organization passes without a scope to be evaluated and kept.
 */
export function ofOrganization({ orgId }: { readonly orgId: string }, { caller }: Context) {
  return sees(caller, orgId) || { organization: orgId };
}

/**
 * The caller of a field that is open to callers only.
 *
 * @throws UnauthenticatedError
 */
export function requireCaller({ caller }: Context): Caller {
  if (caller === null) throw new UnauthenticatedError();
  return caller;
}
