import type { WriteStream } from 'node:tty';
import type { Tally } from './tally.ts';

export interface Progress {
  /** Says something in a line of its own. */
  say(text: string): void;
  /** Shows the last state, and stops. */
  stop(): void;
}

/** Milliseconds between two drawings of the bar, and between two plain lines. */
const drawMs = 200;
const lineMs = 5_000;

/** Shows on the stream how far it is: a bar that moves on a terminal, and a line now and then elsewhere. */
export function showProgress(stream: WriteStream, verb: string, tally: Readonly<Tally>): Progress {
  const pace = createPace(performance.now());
  const isTerminal = stream.isTTY && process.env['TERM'] !== 'dumb';
  const clear = isTerminal ? '\r\x1b[K' : '';

  const show = () => {
    const perSecond = pace(performance.now(), tally.looked);
    const line = isTerminal
      ? progressBar(verb, tally, perSecond, stream.columns)
      : progressLine(verb, tally, perSecond);
    stream.write(isTerminal ? `${clear}${line}` : `${line}\n`);
  };
  if (isTerminal) show();
  const timer = setInterval(show, isTerminal ? drawMs : lineMs);
  return {
    say(text) {
      stream.write(`${clear}${text}\n`);
      if (isTerminal) show();
    },
    stop() {
      clearInterval(timer);
      show();
      if (isTerminal) stream.write('\n');
    },
  };
}

/** Milliseconds back that the pace is taken from: passing what is settled goes many times faster than installing. */
const paceMs = 10_000;

/** Takes how many are done at which moment (milliseconds), and returns how many are done in a second at present. */
export function createPace(start: number): (now: number, done: number) => number {
  let first = { at: start, done: 0 };
  const samples: { at: number; done: number }[] = [];
  return (at, done) => {
    samples.push({ at, done });
    while (samples[0] !== undefined && samples[0].at <= at - paceMs) first = samples.shift() ?? first;
    return at > first.at ? ((done - first.done) / (at - first.at)) * 1000 : 0;
  };
}

/** `Installing ███░░░░  42%  420,000 of 1,000,000  310/s  32 min to go  12 left out`, shorter than the width. */
export function progressBar(verb: string, tally: Readonly<Tally>, perSecond: number, width = 80): string {
  const share = shareOf(tally);
  const text = `${percent(share).padStart(4)}  ${details(tally, perSecond).join('  ')}`;
  const cells = Math.min(40, width - 1 - verb.length - 2 - text.length);
  if (cells < 5) return `${verb} ${text}`.slice(0, width - 1);
  const full = Math.round(share * cells);
  return `${verb} ${'█'.repeat(full)}${'░'.repeat(cells - full)} ${text}`;
}

/** The same as a sentence, for where nobody looks at a terminal. */
export function progressLine(verb: string, tally: Readonly<Tally>, perSecond: number): string {
  return `${verb}: ${percent(shareOf(tally))}, ${details(tally, perSecond).join(', ')}`;
}

function details({ looked, total, left }: Readonly<Tally>, perSecond: number): string[] {
  const parts = [`${number(looked)} of ${number(Math.max(total, looked))}`, `${number(Math.round(perSecond))}/s`];
  if (looked < total && perSecond > 0) parts.push(`${duration((total - looked) / perSecond)} to go`);
  if (left > 0) parts.push(`${number(left)} left out`);
  return parts;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${number(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

const shareOf = ({ looked, total }: Readonly<Tally>): number => (total === 0 ? 1 : Math.min(1, looked / total));

/** Rounded down: only the end is 100%. */
const percent = (share: number): string => `${Math.floor(share * 100)}%`;

const number = (value: number): string => value.toLocaleString('en-US');
