import { useEffect, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { ActivityDocument, type ActivityQuery } from '../../generated/console.ts';
import { type ApiError, toApiError } from '../api/api-error.ts';
import { useApiQuery } from '../api/use-api.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import type { ActivityEvent } from './describe-event.ts';

type Page = NonNullable<ActivityQuery['organization']>['events'];

export interface Activity {
  /** Newest first. */
  readonly events: readonly ActivityEvent[];
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  readonly hasMore: boolean;
  loadMore(): void;
  reload(): void;
}

/** The events of the organization: the newest page, kept up to date, and behind it as many as were asked for. */
export function useActivity(): Activity {
  const client = useClient();
  const { orgId } = useOrganizationStore();
  const { newestEvent } = useOrganizationState();
  const newest = useApiQuery(ActivityDocument, { orgId, after: null }, { revision: newestEvent });
  const [older, setOlder] = useState<readonly Page[]>([]);
  const [olderError, setOlderError] = useState<ApiError>();
  const first = newest.data?.organization?.events;
  // What the newest page held once stays listed when newer events push it out.
  const [seen, setSeen] = useState<ReadonlyMap<string, ActivityEvent>>(new Map());
  useEffect(() => {
    const pages = first === undefined ? older : [first, ...older];
    setSeen((before) => {
      const events = pages.flatMap(({ edges }) => edges.map(({ node }) => [node.seq, node] as const));
      return new Map([...before, ...events]);
    });
  }, [first, older]);
  const events = useMemo(() => [...seen.values()].sort((a, b) => Number(b.seq) - Number(a.seq)), [seen]);

  const last = older.at(-1) ?? first;
  async function loadMore() {
    if (!last?.pageInfo.hasNextPage) return;
    const { data, error } = await client.query(ActivityDocument, { orgId, after: last.pageInfo.endCursor });
    setOlderError(error && toApiError(error));
    const page = data?.organization?.events;
    if (page) setOlder((before) => [...before, page]);
  }

  return {
    events,
    loading: newest.data === undefined && newest.error === undefined,
    error: newest.error ?? olderError,
    hasMore: last?.pageInfo.hasNextPage ?? false,
    loadMore: () => void loadMore(),
    reload: newest.reload,
  };
}
