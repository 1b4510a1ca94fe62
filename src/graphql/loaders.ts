import type { FieldNode, GraphQLResolveInfo, ResponsePath } from 'graphql';
import { createEventTotalLoader, type EventTotalLoader } from '../events/event-totals.ts';
import { createEventWorkspaceLoader, type EventWorkspaceLoader } from '../events/event-workspaces.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { createStatusCountLoader, type StatusCountLoader } from '../organizations/status-counts.ts';
import { createLineageLoader, type LineageLoader } from '../workspaces/lineage.ts';
import { createWorkspaceTotalLoader, type WorkspaceTotalLoader } from '../workspaces/workspace-totals.ts';
import { createSharedKeys, type ShareKey } from './references.ts';

/** What loads for all rows of a list at once what Prisma's relations cannot. */
export interface Loaders {
  readonly lineage: LineageLoader;
  readonly statusCounts: StatusCountLoader;
  readonly eventWorkspaces: EventWorkspaceLoader;
  readonly eventTotals: EventTotalLoader;
  readonly workspaceTotals: WorkspaceTotalLoader;
  readonly shareKey: ShareKey;
  /**
   * The loader of one field of the document, made when its first row asks: all rows share the field's arguments, and what
   * is selected of it. It goes by the list of the nodes, which the executor makes once for all rows: a node may be in
   * several, with others that select more.
   */
  readonly ofField: <Loader extends object>(fieldNodes: readonly FieldNode[], create: () => Loader) => Loader;
}

/**
 * The loaders of one request. They remember what they loaded, and so each field of Mutation, which may change it, has
 * loaders of its own.
 */
export function createLoaders(prisma: PrismaClient): (info: GraphQLResolveInfo) => Loaders {
  const loaders = new Map<string | number, Loaders>();
  return ({ operation, path }) => {
    const scope = operation.operation === 'mutation' ? rootOf(path).key : '';
    const known = loaders.get(scope);
    if (known !== undefined) return known;
    const made = {
      lineage: createLineageLoader(prisma),
      statusCounts: createStatusCountLoader(prisma),
      eventWorkspaces: createEventWorkspaceLoader(prisma),
      eventTotals: createEventTotalLoader(prisma),
      workspaceTotals: createWorkspaceTotalLoader(prisma),
      shareKey: createSharedKeys(),
      ofField: createFieldLoaders(),
    };
    loaders.set(scope, made);
    return made;
  };
}

function rootOf(path: ResponsePath): ResponsePath {
  return path.prev === undefined ? path : rootOf(path.prev);
}

function createFieldLoaders(): Loaders['ofField'] {
  const loaders = new WeakMap<readonly FieldNode[], object>();
  return <Loader extends object>(fieldNodes: readonly FieldNode[], create: () => Loader): Loader => {
    // One list of nodes is one field of the schema, which always makes the same kind of loader.
    const loader = (loaders.get(fieldNodes) as Loader | undefined) ?? create();
    loaders.set(fieldNodes, loader);
    return loader;
  };
}
