import { useMemo, useState } from 'react';
import { useClient } from 'urql';
import { ActivityDocument } from '../../generated/console.ts';
import { type ApiError, toApiError } from '../api/api-error.ts';
import { useOrganizationStore } from '../organization/organization-context.ts';
import { useOrganizationQuery } from '../organization/use-organization-query.ts';
import type { ActivityEvent } from './describe-event.ts';
import { type ActivityPage, newestStretch } from './timeline.ts';

export interface Activity {
  /** Newest first, without a gap. */
  readonly events: readonly ActivityEvent[];
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  readonly hasMore: boolean;
  loadMore(): void;
  /** Tries again what failed. */
  retry(): void;
}

/** The events of the organization: the newest page, kept up to date, and behind it as many as were asked for. */
export function useActivity(): Activity {
  const client = useClient();
  const { orgId } = useOrganizationStore();
  const newest = useOrganizationQuery(ActivityDocument, { after: null });
  const [pages, setPages] = useState<readonly ActivityPage[]>([]);
  const [olderError, setOlderError] = useState<ApiError>();
  const first = newest.data?.organization?.events;
  if (first !== undefined && !pages.includes(first)) setPages([...pages, first]);
  const { events, behind } = useMemo(() => newestStretch(pages), [pages]);

  async function loadMore() {
    const { data, error } = await client.query(ActivityDocument, { orgId, after: behind ?? null });
    setOlderError(error && toApiError(error));
    const page = data?.organization?.events;
    if (page) setPages((before) => [...before, page]);
  }

  return {
    events,
    loading: first === undefined && newest.error === undefined,
    error: newest.error ?? olderError,
    hasMore: behind !== undefined,
    loadMore: () => void loadMore(),
    retry: newest.error === undefined ? () => void loadMore() : newest.reload,
  };
}
