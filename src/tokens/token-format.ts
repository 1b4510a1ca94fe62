import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A token as it is made: the text is shown once, the rest is stored. */
export interface MintedToken {
  readonly token: string;
  /** The start of the token, by which it is found and by which a person recognises it. */
  readonly prefix: string;
  readonly hash: Uint8Array<ArrayBuffer>;
}

/** Characters of the secret that the prefix shows. The 35 that stay hidden hold 210 bits. */
const shownCharacters = 8;
const pattern = /^tap_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** Makes `tap_<org id>_<secret>`, the secret being 32 random bytes in base64url. */
export function mintToken(orgId: string): MintedToken {
  const token = `tap_${orgId}_${randomBytes(32).toString('base64url')}`;
  return { token, prefix: prefixOf(token), hash: hashToken(token) };
}

/** The organization and the prefix that a token names, or undefined when it is no token of ours. */
export function parseToken(token: string): { readonly orgId: string; readonly prefix: string } | undefined {
  const orgId = pattern.exec(token)?.[1];
  return orgId === undefined ? undefined : { orgId, prefix: prefixOf(token) };
}

/** SHA-256 of the whole token. It needs no salt: what it hashes is random. */
export function hashToken(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest());
}

/** Compares two hashes in constant time. */
export function hashesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

const prefixOf = (token: string): string => token.slice(0, 'tap_'.length + 36 + '_'.length + shownCharacters);
