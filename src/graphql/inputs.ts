import { z } from 'zod';
import { BadUserInputError } from '../domain-error.ts';
import { findHidden } from './hidden-characters.ts';

/** What PostgreSQL cannot store as text: NUL, and halves of surrogate pairs. */
const unstorable = /[\0\p{Cs}]/u;
/** At least one character that can be seen. */
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * Text that may become one of so many characters. What is longer than their longest spelling, with room for space around it,
 * is refused before anything looks through it.
 */
function text(maxLength: number) {
  return z.string().refine(({ length }) => length <= 4 * maxLength, { error: tooLong(maxLength), abort: true });
}

const tooLong = (maxLength: number) => `must be at most ${maxLength} characters long`;
const isAtMost = (maxLength: number) => (given: string) => [...given].length <= maxLength;

/**
 * A name, composed (NFC) and without space around it, so that what shows as one name is one: it is compared with others
 * character by character, here and in the database.
 */
function line(maxLength: number) {
  return (
    text(maxLength)
      .transform((given) => given.normalize('NFC').trim())
      .refine((given) => visible.test(given), { error: 'must not be empty', abort: true })
      .refine((given) => findHidden(given) === undefined, {
        error: ({ input }) => `must not hold ${findHidden(String(input))}, which does not show`,
        abort: true,
      })
      // A page shows them as one.
      .refine((given) => !/[ \u3000]{2}/.test(given), { error: 'must not hold two spaces in a row', abort: true })
      .refine(isAtMost(maxLength), { error: tooLong(maxLength) })
  );
}

/** What a client has to know of a line. */
export const lineRules =
  'in one line, of characters that show. Space around it is cut off, and it is stored composed (Unicode NFC).';

const guid = (error: string) => z.guid({ error }).transform((id) => id.toLowerCase());

/** A UUID in any version, in lower case. */
export const uuid = guid('must be a UUID, such as 4b3f6c2e-8f0e-4c53-9d3a-0f6d0e7f1a2b');

/** A cursor that is the id of a workspace. */
export const workspaceCursor = guid('is no cursor of this list: pass an endCursor as you got it');

/** Leaves room for " Agent" and more in a workspace's name. */
export const organizationName = line(120);
export const workspaceName = line(200);
export const apiTokenName = line(200);
export const runtime = line(100);

/** A plugin as its registry names it. */
export const pluginName = line(200).refine((name) => !/\s/u.test(name), { error: 'must not hold spaces' });

/** Free text from an agent: trimmed, NUL-free, and cut off nowhere without saying so. */
export const message = text(2_000)
  .transform((given) => given.trim())
  .refine((given) => !unstorable.test(given), { error: 'must be valid text, without NUL', abort: true })
  .refine(isAtMost(2_000), { error: tooLong(2_000) });

/** What is looked for in names, which are stored composed. */
export const searchText = text(200)
  .transform((given) => given.normalize('NFC').trim())
  .refine((given) => !unstorable.test(given), { error: 'must be valid text', abort: true })
  .refine(isAtMost(200), { error: tooLong(200) });

/** A moment that PostgreSQL and ISO 8601 can both write with four digits for the year. */
export const moment = z.date().refine((time) => time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9999, {
  error: 'must lie between the years 1 and 9999',
});

interface Issue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What is wrong with the arguments of a field, as an error that names each. */
export function inputError(issues: readonly Issue[]): BadUserInputError {
  const problems = issues.map(({ message, path = [] }) => ({
    argument: path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.'),
    problem: message,
  }));
  const sentence = problems.map(({ argument, problem }) => `${argument} ${problem}`).join('; ');
  return new BadUserInputError(`${sentence}.`, { problems });
}
