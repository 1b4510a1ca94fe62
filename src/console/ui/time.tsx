import { useNow } from './use-now.ts';

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

const short = new Intl.RelativeTimeFormat('en', { style: 'narrow', numeric: 'always' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** Such as "12s ago" or "in 3d". */
function relativeTime(seconds: number): string {
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return short.format(Math.trunc(seconds / size), unit);
}

/** How long ago something was, or when it will be; exactly so on hover. `clockAhead` corrects the browser's clock. */
export function RelativeTime({ at, clockAhead = 0 }: { at: string; clockAhead?: number }) {
  const seconds = (Date.parse(at) - (useNow() + clockAhead)) / 1000;
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {Math.abs(seconds) < 2 ? 'just now' : relativeTime(seconds)}
    </time>
  );
}

/** The exact moment. */
export function ExactTime({ at }: { at: string }) {
  return <time dateTime={at}>{exact.format(new Date(at))}</time>;
}

/** The day alone; exactly so on hover. */
export function Day({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {day.format(new Date(at))}
    </time>
  );
}
