import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** Processes that serve, at most. */
export const mostProcesses = 64;

/** A variable that `parse` makes something of, or answers undefined for what is not the expected thing. */
export function text<T>(expected: string, parse: (value: string) => T | undefined) {
  return z.string().transform((value, context): T => {
    const parsed = parse(value.trim());
    if (parsed !== undefined) return parsed;
    context.addIssue(`must be ${expected}`);
    return z.NEVER;
  });
}

/** The address of a PostgreSQL. */
export function databaseUrl() {
  return text('a URL like postgresql://user:password@host:5432/database', parseDatabaseUrl).optional();
}

/** A token of the operator. */
export function operatorToken() {
  return text('at least 24 printable characters without a space', matching(/^[\x21-\x7e]{24,}$/)).optional();
}

/** A whole number within bounds. */
export function integer(least: number, most: number, fallback: number) {
  return text(`a whole number from ${least} to ${most}`, wholeNumber(least, most)).default(fallback);
}

/** What a whole number within bounds is read from. */
export function wholeNumber(least: number, most: number): (value: string) => number | undefined {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  };
}

/** `auto` is a process for each processor that this one may use. */
export function parseConcurrency(value: string): number | undefined {
  return value === 'auto' ? Math.min(mostProcesses, availableParallelism()) : wholeNumber(1, mostProcesses)(value);
}

/** Text of a form. */
export function matching(pattern: RegExp): (value: string) => string | undefined {
  return (value) => (pattern.test(value) ? value : undefined);
}

function parseDatabaseUrl(value: string): string | undefined {
  const isDatabase = URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol);
  return isDatabase ? value : undefined;
}

/** The address of a web server. */
export function parseHttpUrl(value: string): string | undefined {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? value : undefined;
}

/** Addresses as browsers name those that a page came from, between commas. */
export function parseOrigins(value: string): readonly string[] | undefined {
  const origins = value.split(',').map((origin) => origin.trim());
  return origins.every(isOrigin) ? [...new Set(origins)] : undefined;
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).origin === value;
}
