import { availableParallelism, cpus } from 'node:os';
import { groupBy } from '../src/group-by.ts';
import type { Measurement } from './measure.ts';
import type { Growth } from './scenarios/growth.ts';
import type { Memory } from './scenarios/memory.ts';
import type { Spread } from './statistics.ts';

/** What the figures depend on. */
export const machine = {
  node: process.version,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
} as const;

export function formatMachine(): string {
  return `${machine.cores} cores (${machine.cpu}), Node.js ${machine.node}. Servers, clients and PostgreSQL share them.`;
}

/** Of each operation a row: how fast Taproot is, and how many times the speed of each of the others that is. */
export function formatMeasurements(measurements: readonly Measurement[]): string {
  const others = [...new Set(measurements.map(({ contender }) => contender))].filter((name) => name !== 'Taproot');
  const rows = groupBy(measurements, ({ operation, clients }) => `${operation} ${clients}`);
  return table(
    ['operation', 'clients', 'Taproot, per second', ...others.map((name) => `times the ${name}`)],
    [...rows.values()].map((row) => {
      const of = (name: string) => row.find(({ contender }) => contender === name);
      const [{ operation, clients } = { operation: '', clients: 0 }] = row;
      return [
        operation,
        `${clients}`,
        formatSpread(of('Taproot')?.perSecond, 0),
        ...others.map((name) => formatSpread(of(name)?.ratio, 2)),
      ];
    }),
  );
}

export function formatGrowth({ of, milliseconds, exponent, ratio }: Growth): string {
  const rows = milliseconds.map(({ size, time }) => [size.toLocaleString('en'), formatSpread(time, 1)]);
  const growth = `Exponent ${exponent.toFixed(2)}; the largest takes ${ratio.toFixed(2)} times as long as the smallest.`;
  return `${table([of, 'milliseconds for an install'], rows)}\n\n${growth}`;
}

export function formatMemory({ requests, early, late }: Memory): string {
  const sizes = [requests / 10, requests].map((count) => count.toLocaleString('en'));
  const change = ((late / early - 1) * 100).toFixed(0);
  return `Memory after ${sizes[0]} requests: ${early.toFixed(0)} MB; after ${sizes[1]}: ${late.toFixed(0)} MB (${change} %).`;
}

/** The median, and in brackets the least and the most. */
function formatSpread(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '';
  const [median, least, most] = [spread.median, spread.least, spread.most].map((value) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  return `${median} (${least}–${most})`;
}

/** A table in Markdown, with columns as wide as what they hold: numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
