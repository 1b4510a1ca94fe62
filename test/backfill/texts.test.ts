import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { expect, test } from 'vitest';
import { createPace, progressBar, progressLine, showProgress } from '../../src/cli/backfill/progress.ts';
import { describeTally, leftTable } from '../../src/cli/backfill/result.ts';
import { createTally } from '../../src/cli/backfill/tally.ts';
import type { LeftOrganization } from '../../src/platform-agent/left-organization.ts';
import { idAt } from './organizations.ts';

const halfway = { ...createTally(1_000_000), looked: 500_000, left: 12 };

test('the pace is that of the last ten seconds, so that what was passed by at first does not count', () => {
  const pace = createPace(0);
  expect(pace(0, 0)).toBe(0);
  expect(pace(1_000, 50_000)).toBe(50_000);
  for (let second = 2; second <= 30; second++) pace(second * 1_000, 50_000 + second * 300);
  expect(pace(31_000, 50_000 + 31 * 300)).toBe(300);
});

test('a bar shows the share, the pace and the time that is left, and never more than the width', () => {
  const bar = progressBar('Installing', halfway, 300, 109);
  expect(bar).toMatch(/^Installing █+░+ +50% {2}500,000 of 1,000,000 {2}300\/s {2}28 min to go {2}12 left out$/);
  expect(bar.match(/█/g)?.length).toBe(bar.match(/░/g)?.length);
  for (let width = 1; width <= 200; width++) {
    expect(progressBar('Installing', halfway, 300, width).length).toBeLessThan(width);
  }
});

test('a line says the same, and 100% only at the end', () => {
  const { looked: total } = { ...halfway, looked: 1_000_000 };
  expect(progressLine('Looking', { ...halfway, looked: total - 1 }, 0.5)).toBe(
    'Looking: 99%, 999,999 of 1,000,000, 1/s, 2 s to go, 12 left out',
  );
  expect(progressLine('Looking', { ...halfway, looked: total, left: 0 }, 310)).toBe(
    'Looking: 100%, 1,000,000 of 1,000,000, 310/s',
  );
  expect(progressLine('Looking', halfway, 10)).toContain(', 13 h 54 min to go,');
  expect(progressLine('Looking', createTally(0), 0)).toBe('Looking: 100%, 0 of 0, 0/s');
});

test.each([
  ['a terminal the bar is drawn over itself, and what is said stands above it', true],
  ['anything else there are plain lines', false],
])('on %s', (_, isTTY) => {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 120 });
  const progress = showProgress(stream as unknown as WriteStream, 'Installing', { ...halfway });
  progress.say('Stopping');
  progress.stop();
  const written: string = stream.read();
  const shown = written.split('\n').map((line) => line.slice(line.lastIndexOf('\r\x1b[K') + 1).replace('\x1b[K', ''));
  if (isTTY) expect(shown).toEqual(['Stopping', expect.stringMatching(/^Installing █+░+ +50% /), '']);
  else expect(written).toMatch(/^Stopping\nInstalling: 50%, .*\n$/);
});

test('a dry run tells what all installs together would do', () => {
  const tally = createTally(1_200);
  Object.assign(tally, { looked: 1_200, installed: 1_100, settled: 98, left: 2 });
  Object.assign(tally.effects, { adoptedWorkspaces: 3_000, movedTokens: 0, restrictedOrganizations: 1 });
  expect(describeTally(true, tally)).toBe(
    [
      '1,200 organizations looked at:',
      '  1,100  would get their agent',
      '     98  had it already',
      '      0  had one that is removed: only restoreWorkspace brings it back',
      '      2  would be left without',
      'That means:',
      '  3,000  roots would become children of their agent',
      '      1  organizations have roots that would no longer admit every plugin',
    ].join('\n'),
  );
});

test('the table shows what is at hand and where the others are, and wraps its last column', () => {
  const left = [1, 2].map((place) => ({
    orgId: idAt(place),
    code: 'LOCK_TIMEOUT',
    message: 'Another change is still running.\nTry again.',
  }));
  const table = (width?: number) => leftTable(left as unknown as LeftOrganization[], 1_002, 'report.json', width);
  expect(table()).toBe(
    [
      'ORGANIZATION                          CODE          WHY, AND WHAT HELPS',
      `${idAt(1)}  LOCK_TIMEOUT  Another change is still running. Try again.`,
      `${idAt(2)}  LOCK_TIMEOUT  Another change is still running. Try again.`,
      'and 1,000 more in report.json',
    ].join('\n'),
  );
  expect(table(80).split('\n').slice(1, 3)).toEqual([
    `${idAt(1)}  LOCK_TIMEOUT  Another change is still`,
    '                                                    running. Try again.',
  ]);
});
