import { expect, test } from 'vitest';
import { type ActivityPage, newestStretch } from '../../src/console/activity/timeline.ts';

/** A page of the events from one number down to another. */
function page(from: number, to: number): ActivityPage {
  const numbers = Array.from({ length: from - to + 1 }, (_, index) => String(from - index));
  const event = { type: 'workspace.created', actor: 'operator', data: {}, createdAt: '2026-01-01', workspace: null };
  return { edges: numbers.map((seq) => ({ cursor: `cursor-${seq}`, node: { seq, ...event } })) };
}
const seqs = (pages: readonly ActivityPage[]) => newestStretch(pages).events.map(({ seq }) => Number(seq));

test('pages that overlap are one stretch, each event once and the newest first', () => {
  expect(seqs([page(5, 3), page(4, 1), page(7, 4)])).toEqual([7, 6, 5, 4, 3, 2, 1]);
});

test('where more has happened than a page holds, the stretch ends and is read on from there', () => {
  const pages = [page(3, 1), page(9, 7)];
  expect(seqs(pages)).toEqual([9, 8, 7]);
  expect(newestStretch(pages).behind).toBe('cursor-7');
  expect(seqs([...pages, page(6, 4)])).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test('nothing is behind the first event, nor behind none', () => {
  expect(newestStretch([page(3, 1)]).behind).toBeUndefined();
  expect(newestStretch([])).toEqual({ events: [], behind: undefined });
});
