import type { ActivityQuery } from '../../generated/console.ts';
import type { ActivityEvent } from './describe-event.ts';

export type ActivityPage = NonNullable<ActivityQuery['organization']>['events'];

/** A stretch of what happened, newest first. */
export interface Stretch {
  readonly events: readonly ActivityEvent[];
  /** Where the page behind begins; undefined when there is none. */
  readonly behind: string | undefined;
}

/**
 * What the pages hold from the newest event on, without a gap: events are numbered without one. Where more has happened
 * between two reads than a page holds, the stretch ends there, and what is behind is read anew.
 */
export function newestStretch(pages: readonly ActivityPage[]): Stretch {
  const edges = new Map(pages.flatMap((page) => page.edges.map((edge) => [BigInt(edge.node.seq), edge])));
  const numbers = [...edges.keys()].sort((a, b) => (a < b ? 1 : -1));
  const gap = numbers.findIndex((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0n) - 1n);
  const stretch = (gap < 0 ? numbers : numbers.slice(0, gap)).flatMap((number) => edges.get(number) ?? []);
  const last = stretch.at(-1);
  return {
    events: stretch.map(({ node }) => node),
    behind: last === undefined || BigInt(last.node.seq) <= 1n ? undefined : last.cursor,
  };
}
