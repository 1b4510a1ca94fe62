import { expect } from 'vitest';
import { errorCodes } from '../../src/domain-error.ts';
import type { AnswerError } from './api-client.ts';

/** What of the inner life of the server and its database no client may see. */
const internals: readonly RegExp[] = [
  // SQLSTATEs of the classes that can occur here, and Prisma's codes.
  /\b(?:0[8AB]|2[1-8B]|3[89F]|4[0-4]|5[3-8]|XX)[0-9P][0-9A-Z]{2}\b/,
  /\bP[12]\d{3}\b/,
  // The endings of constraints' names, and the words that PostgreSQL, its driver and Prisma explain themselves with.
  /_(?:fkey|pkey|uniq|check|root)\b|constraint/i,
  /\bSQL|prisma|postgres|\bpg_|syntax error at|invalid input|violates|relation \\?"|column \\?"|driverAdapter|queryRaw/i,
  // A place in a program.
  /\.[cm]?[jt]s:\d|node_modules|\bat .+ \(.+:\d+:\d+\)/,
  /Cannot read propert|is not a function|undefined|\[object /,
];

/**
 * Expects that each error has a code that is promised, and that nothing else in it shows what went on inside.
 *
 * @param sent what the caller has sent, and may therefore be told again
 */
export function expectNoLeak(errors: readonly AnswerError[] | undefined, ...sent: readonly string[]): void {
  for (const { message, extensions } of errors ?? []) {
    const told = `${message} What was sent: ${sent.join('\n')}`;
    expect(errorCodes, told).toContain(extensions.code);
    expect(Object.keys(extensions)).not.toContain('originalError');
    const { code: _, ...details } = extensions;
    // A number may be that of anything.
    const facts = JSON.stringify(details, (_, value) => (typeof value === 'number' ? null : value));
    const shown = strikeOut(`${message} ${facts}`, sent);
    for (const internal of internals) expect(shown, told).not.toMatch(internal);
  }
}

/** What is left without the echoes. A short one counts as such only within quotes: the rest may hold its letters by chance. */
function strikeOut(text: string, sent: readonly string[]): string {
  const echoes = new Set(sent.flatMap((echo) => [echo, JSON.stringify(echo).slice(1, -1)]));
  // The longest first, as it may hold a shorter one.
  return [...echoes]
    .toSorted((one, other) => other.length - one.length)
    .flatMap((echo) => [`"${echo}"`, ...(echo.length < 4 ? [] : [echo])])
    .reduce((shown, echo) => shown.replaceAll(echo, ''), text);
}
