import { createRequest } from '@urql/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type AnyVariables, type DocumentInput, type UseQueryArgs, useMutation, useQuery } from 'urql';
import { type ApiError, toApiError } from './api-error.ts';

export interface QueryResult<Data> {
  /** The newest answer. It stays when a later request fails, and while one with other variables is under way. */
  readonly data: Data | undefined;
  /** Whether that answers the variables of now. */
  readonly current: boolean;
  readonly error: ApiError | undefined;
  reload(): void;
}

/** Reads from the API: again whenever `revision` changes, and every `pollMs` milliseconds while somebody looks. */
export function useApiQuery<Data, Variables extends AnyVariables>(
  query: DocumentInput<Data, Variables>,
  variables: Variables,
  { revision, pollMs }: { revision?: unknown; pollMs?: number } = {},
): QueryResult<Data> {
  const options = { query, variables, requestPolicy: 'cache-and-network' } as UseQueryArgs<Variables, Data>;
  const [state, execute] = useQuery<Data, Variables>(options);
  // Until the first answer to new variables, urql shows that to the old ones.
  const { key } = createRequest(query, variables);
  const { data, error } = state.operation?.key === key ? state : { data: undefined, error: undefined };
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const seen = useRef(revision);
  useEffect(() => {
    if (seen.current === revision) return;
    seen.current = revision;
    reload();
  }, [revision, reload]);
  useEffect(() => {
    if (pollMs === undefined) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, reload]);
  const [kept, setKept] = useState<{ key: number; data: Data }>();
  // Beside an error, null does not mean that there is nothing.
  const answer = error === undefined ? data : undefined;
  if (answer !== undefined && (kept?.data !== answer || kept.key !== key)) setKept({ key, data: answer });
  return {
    data: answer ?? kept?.data,
    current: answer !== undefined || kept?.key === key,
    error: error && toApiError(error),
    reload,
  };
}

export interface Action<Data, Variables> {
  /** Does it. Resolves to the data, or to undefined when it failed: then `error` says why. */
  run(variables: Variables): Promise<Data | undefined>;
  readonly busy: boolean;
  readonly error: ApiError | undefined;
  /** Forgets the error. */
  reset(): void;
}

/** A mutation of the API. */
export function useAction<Data, Variables extends AnyVariables>(
  mutation: DocumentInput<Data, Variables>,
): Action<Data, Variables> {
  const [{ fetching }, execute] = useMutation<Data, Variables>(mutation);
  const [error, setError] = useState<ApiError>();
  const run = useCallback(
    async (variables: Variables) => {
      setError(undefined);
      const result = await execute(variables);
      if (result.error) setError(toApiError(result.error));
      return result.error ? undefined : result.data;
    },
    [execute],
  );
  const reset = useCallback(() => setError(undefined), []);
  return { run, busy: fetching, error, reset };
}
