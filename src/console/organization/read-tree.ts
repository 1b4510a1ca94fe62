import type { Client } from '@urql/core';
import { TreePageDocument, type TreePageQueryVariables } from '../../generated/console.ts';
import { type ApiError, toApiError, unreachable } from '../api/api-error.ts';
import { emptyTree, type Tree, withWorkspaces } from '../workspaces/tree.ts';

export type ReadResult =
  | { readonly kind: 'tree'; readonly tree: Tree }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly error: ApiError };

/**
 * Reads the workspaces of an organization, page by page: the live ones, or those of `status`. `onPage` is told how far it
 * has come, and answers false when nobody waits for the rest.
 */
export async function readTree(
  client: Client,
  orgId: string,
  status: TreePageQueryVariables['status'],
  onPage: (tree: Tree, total: number) => boolean,
): Promise<ReadResult> {
  let tree = emptyTree;
  let after: string | null | undefined;
  do {
    const variables: TreePageQueryVariables = { orgId, after: after ?? null, status: status ?? null };
    const { data, error } = await client.query(TreePageDocument, variables, { requestPolicy: 'network-only' });
    if (error || !data) return { kind: 'failed', error: error ? toApiError(error) : unreachable };
    if (data.organization === null) return { kind: 'missing' };
    const { edges, pageInfo, totalCount } = data.organization.workspaces;
    tree = withWorkspaces(
      tree,
      edges.map(({ node }) => node),
    );
    after = onPage(tree, totalCount) && pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return { kind: 'tree', tree };
}
