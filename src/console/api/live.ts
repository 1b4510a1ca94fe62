import { stringifyDocument } from '@urql/core';
import { createClient, NetworkError } from 'graphql-sse';
import { FollowOrganizationDocument, type FollowOrganizationSubscription } from '../../generated/console.ts';
import { type ApiError, fromGraphql } from './api-error.ts';
import { endpoint, headersOf } from './client.ts';

export type OrganizationUpdate = FollowOrganizationSubscription['organizationEvents'];

/** Whether changes reach this page: `connecting` at first, `live` while they do, `lost` while they do not. */
export type Line = 'connecting' | 'live' | 'lost';

export interface Follower {
  /** Something is new. `resumed` is false for the first update of a line that may have missed some before. */
  onUpdate(update: OrganizationUpdate, resumed: boolean): void;
  onLine(line: Line): void;
  /** The organization cannot be followed any longer: the token was refused, or there is no such organization. */
  onEnd(error: ApiError): void;
}

/** The server sends something at least every ten seconds. A line that was silent for longer is dead. */
const silenceMs = 25_000;
const firstRetryMs = 500;
const lastRetryMs = 10_000;
/** How long a page may be out of sight before it stops following. */
const restAfterMs = 30_000;

/** What trying again cannot mend. */
const final = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'ORGANIZATION_NOT_FOUND', 'BAD_USER_INPUT']);
const query = stringifyDocument(FollowOrganizationDocument);

/**
 * Follows an organization until it is told to stop. A line that breaks is taken up again behind the last update that
 * came over it, so that nothing is missed and nothing is told twice.
 */
export function followOrganization(token: string, orgId: string, follower: Follower): () => void {
  const client = createClient({ url: endpoint, headers: headersOf(token), retryAttempts: 0 });
  let after: string | null = null;
  let failures = 0;
  let stopped = false;
  let hangUp = () => {};
  let silence: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let resting = false;

  function connect() {
    clearTimeout(retry);
    retry = undefined;
    let over = false;
    const unsubscribe = client.subscribe<FollowOrganizationSubscription>(
      { query, variables: { orgId, after } },
      {
        next({ data, errors }) {
          if (over) return;
          const [error] = errors ?? [];
          if (error !== undefined) return end(fromGraphql(error.message, error.extensions));
          if (!data) return;
          listen();
          const resumed = after !== null;
          after = data.organizationEvents.id;
          failures = 0;
          follower.onLine('live');
          follower.onUpdate(data.organizationEvents, resumed);
        },
        error(error) {
          end(error instanceof NetworkError ? statusError(error) : undefined);
        },
        complete: () => end(),
      },
    );
    hangUp = () => {
      over = true;
      unsubscribe();
    };
    listen();

    function listen() {
      clearTimeout(silence);
      silence = setTimeout(end, silenceMs);
    }

    function end(error?: ApiError) {
      if (over || stopped) return;
      hangUp();
      clearTimeout(silence);
      // An id that this server does not know, after its database was set back say, is a reason to start over.
      const isUnknownId = error?.code === 'BAD_USER_INPUT' && after !== null;
      if (error !== undefined && final.has(error.code) && !isUnknownId) {
        stop();
        follower.onEnd(error);
        return;
      }
      if (isUnknownId) after = null;
      follower.onLine('lost');
      retry = setTimeout(connect, backoff(failures++));
    }
  }

  const hurry = () => {
    if ((retry === undefined && !resting) || document.visibilityState === 'hidden') return;
    failures = 0;
    resting = false;
    hangUp();
    connect();
  };
  // A browser keeps few connections to one server, for all of its tabs: one that nobody looks at gives its own back.
  const onVisibility = () => {
    clearTimeout(rest);
    if (document.visibilityState === 'visible') return hurry();
    rest = setTimeout(() => {
      resting = true;
      clearTimeout(silence);
      clearTimeout(retry);
      hangUp();
    }, restAfterMs);
  };
  function stop() {
    stopped = true;
    clearTimeout(silence);
    clearTimeout(retry);
    clearTimeout(rest);
    window.removeEventListener('online', hurry);
    document.removeEventListener('visibilitychange', onVisibility);
    hangUp();
    client.dispose();
  }

  window.addEventListener('online', hurry);
  document.addEventListener('visibilitychange', onVisibility);
  connect();
  return stop;
}

function statusError({ response }: NetworkError): ApiError | undefined {
  const status =
    typeof response === 'object' && response !== null && 'status' in response ? response.status : undefined;
  return status === 401 ? fromGraphql('The token is not valid any more.', { code: 'UNAUTHENTICATED' }) : undefined;
}

/** Longer with every failure, and never the same for many pages that lost one server. */
function backoff(failures: number): number {
  return Math.min(lastRetryMs, firstRetryMs * 2 ** failures) * (0.5 + Math.random() / 2);
}
