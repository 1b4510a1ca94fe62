import type { FieldNode } from 'graphql';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createStatusCountLoader, type StatusCountLoader } from '../organizations/status-counts.ts';
import { type Caller, UnauthenticatedError } from '../tokens/authenticate.ts';
import { createLineageLoader, type LineageLoader } from '../workspaces/lineage.ts';

/** What every resolver of one request shares. */
export interface Context {
  readonly prisma: PrismaClient;
  /** Null when the request bears no token; then every field of Query and Mutation is refused. */
  readonly caller: Caller | null;
  readonly loaders: {
    readonly lineage: LineageLoader;
    readonly statusCounts: StatusCountLoader;
    /** The loader of one field of the document, made when its first row asks: all rows share the field's arguments. */
    readonly ofField: <Loader extends object>(fieldNodes: readonly FieldNode[], create: () => Loader) => Loader;
  };
}

/** A fresh context: its loaders batch and cache for one request alone. */
export function createContext(prisma: PrismaClient, caller: Caller | null): Context {
  return {
    prisma,
    caller,
    loaders: {
      lineage: createLineageLoader(prisma),
      statusCounts: createStatusCountLoader(prisma),
      ofField: createFieldLoaders(),
    },
  };
}

function createFieldLoaders(): Context['loaders']['ofField'] {
  const loaders = new WeakMap<FieldNode, object>();
  return <Loader extends object>([fieldNode]: readonly FieldNode[], create: () => Loader): Loader => {
    if (fieldNode === undefined) return create();
    // One field node is one field of the schema, which always makes the same kind of loader.
    const loader = (loaders.get(fieldNode) as Loader | undefined) ?? create();
    loaders.set(fieldNode, loader);
    return loader;
  };
}

/** Whether the caller may know of this organization at all. */
export function sees(caller: Caller | null, orgId: string): boolean {
  return caller?.kind === 'operator' || (caller?.kind === 'organization' && caller.orgId === orgId.toLowerCase());
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
