import type { AnyVariables, DocumentInput } from 'urql';
import { type QueryResult, useApiQuery } from '../api/use-api.ts';
import { useOrganizationState, useOrganizationStore } from './organization-context.ts';

/** Reads something else of the organization than its tree: again whenever it may be out of date. */
export function useOrganizationQuery<Data, Variables extends AnyVariables & { orgId: string }>(
  query: DocumentInput<Data, Variables>,
  variables: Omit<Variables, 'orgId'>,
): QueryResult<Data> {
  const { orgId } = useOrganizationStore();
  const { revision } = useOrganizationState();
  // The compiler does not put together again what Omit took apart.
  return useApiQuery<Data, Variables>(query, { ...variables, orgId } as Variables, { revision });
}
