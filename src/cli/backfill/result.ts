import type { LeftOrganization } from '../../platform-agent/left-organization.ts';
import type { Tally } from './tally.ts';

/** What became of all organizations, in a few lines. */
export function describeTally(dryRun: boolean, tally: Tally): string {
  const { total, looked, installed, settled, removed, left, effects } = tally;
  const rows: [number, string][] = [
    [installed, dryRun ? 'would get their agent' : 'got their agent'],
    [settled, 'had it already'],
    [removed, 'had one that is removed: only restoreWorkspace brings it back'],
    [left, dryRun ? 'would be left without' : 'left without'],
  ];
  const of = looked < total ? ` of ${number(total)}` : '';
  const lines = [`${number(looked)}${of} organizations looked at:`, ...rowsOf(rows)];
  if (!dryRun) return lines.join('\n');
  const consequences: [number, string][] = [
    [effects.adoptedWorkspaces, 'roots would become children of their agent'],
    [effects.movedTokens, 'API tokens would move'],
    [effects.demotedAgents, 'platform agents with another id would become ordinary workspaces'],
    [effects.restrictedOrganizations, 'organizations have roots that would no longer admit every plugin'],
  ];
  const felt = consequences.filter(([value]) => value > 0);
  return [...lines, ...(felt.length > 0 ? ['That means:', ...rowsOf(felt)] : [])].join('\n');
}

/**
 * The organizations that are left, as a table of those at hand, and how many more there are in the report. Its last column
 * is wrapped where lines have a width.
 */
export function leftTable(
  organizations: readonly LeftOrganization[],
  left: number,
  report: string,
  width = Number.POSITIVE_INFINITY,
): string {
  const rows = [
    ['ORGANIZATION', 'CODE', 'WHY, AND WHAT HELPS'] as const,
    ...organizations.map(({ orgId, code, message }) => [orgId, code, message] as const),
  ];
  const idWidth = Math.max(...rows.map(([id]) => id.length));
  const codeWidth = Math.max(...rows.map(([, code]) => code.length));
  const indent = idWidth + codeWidth + 4;
  const lines = rows.map(([id, code, text]) => {
    const wrapped = wrap(text, width - indent).join(`\n${' '.repeat(indent)}`);
    return `${id.padEnd(idWidth)}  ${code.padEnd(codeWidth)}  ${wrapped}`;
  });
  const more = left - organizations.length;
  if (more > 0) lines.push(`and ${number(more)} more in ${report}`);
  return lines.join('\n');
}

/** Narrower than this, a column is harder to read than the terminal's own line breaks. */
const leastWidth = 24;

function wrap(text: string, width: number): string[] {
  const [first = '', ...words] = text.split(/\s+/);
  if (width < leastWidth) return [[first, ...words].join(' ')];
  const lines = [first];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= width) lines.splice(-1, 1, line);
    else lines.push(word);
  }
  return lines;
}

function rowsOf(rows: readonly [number, string][]): string[] {
  const shown = rows.map(([value, text]) => [number(value), text] as const);
  const width = Math.max(...shown.map(([value]) => value.length));
  return shown.map(([value, text]) => `  ${value.padStart(width)}  ${text}`);
}

const number = (value: number): string => value.toLocaleString('en-US');
