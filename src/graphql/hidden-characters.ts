/**
 * What shows nothing, or shows as something else: controls, halves of surrogate pairs, private and unassigned characters,
 * what Unicode says to ignore or to reorder text by, spaces that look like the usual one, and the blank of Braille.
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\u00a0\u1680\u2000-\u200a\u202f\u205f]/u;

/** Scripts whose letters a joiner, or a non-joiner, shapes. Between other letters it shows nothing. */
const shaped =
  '[\\p{sc=Arab}\\p{sc=Syrc}\\p{sc=Mong}\\p{sc=Deva}\\p{sc=Beng}\\p{sc=Guru}\\p{sc=Gujr}\\p{sc=Orya}\\p{sc=Taml}\\p{sc=Telu}\\p{sc=Knda}\\p{sc=Mlym}\\p{sc=Sinh}\\p{sc=Mymr}\\p{sc=Khmr}]';

/** Where characters that show nothing by themselves change what is beside them. */
const shaping = new RegExp(
  [
    `(?<=${shaped})[\\u200c\\u200d](?=${shaped})`,
    // Emoji made of several, and those that could be text as well.
    '(?<=\\p{Extended_Pictographic}\\p{Emoji_Modifier}?\\ufe0f?)\\u200d(?=\\p{Extended_Pictographic})',
    '(?<=\\p{Extended_Pictographic})\\ufe0f',
    '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
    // Variants of characters, which names of people are written with.
    '(?<=\\p{sc=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
    '(?<=\\p{sc=Mong})[\\u180b-\\u180d\\u180f]',
  ].join('|'),
  'gu',
);

/**
 * The first character of a name that does not show, as Unicode writes it (U+200B). Undefined: all do, or shape what is
 * beside them as their script needs it.
 */
export function findHidden(name: string): string | undefined {
  const code = hidden.exec(name.replaceAll(shaping, ''))?.[0].codePointAt(0);
  return code === undefined ? undefined : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
