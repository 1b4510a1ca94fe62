import { createBatcher } from '../database/batches.ts';
import { apart } from '../database/sharding.ts';
import { DomainError } from '../domain-error.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { groupBy } from '../group-by.ts';
import { selectTokenCandidates, type TokenCandidate, type TokenKey, touchLastUsed } from './api-token.sql.ts';
import { hashesEqual, hashToken, parseToken } from './token-format.ts';

/** Who a request comes from, as its bearer token says. */
export type Caller =
  /** `previousToken`: by the token that is to go, which lets in as well meanwhile. */
  | { readonly kind: 'operator'; readonly previousToken?: true }
  | { readonly kind: 'organization'; readonly orgId: string; readonly tokenId: string };

/** No token, or one that is unknown, malformed, revoked, expired, or whose root is removed: which, it does not say. */
export class UnauthenticatedError extends DomainError {
  readonly code = 'UNAUTHENTICATED';

  constructor() {
    super(
      'Send a valid token in the header "Authorization: Bearer <token>". There is none, or it is unknown, revoked or expired.',
    );
  }
}

/** The caller is known, and may not do this. */
export class ForbiddenError extends DomainError {
  readonly code = 'FORBIDDEN';
}

/** How a caller is named in events and provenance: `operator`, or `token:` and the token's id. */
export function actorOf(caller: Caller): string {
  return caller.kind === 'operator' ? 'operator' : `token:${caller.tokenId}`;
}

/**
 * Who an Authorization header stands for; null when there is none. The organization's id in the token is the shard
 * key, so that looking it up asks one shard.
 *
 * @throws UnauthenticatedError; what the database throws when it is out of reach, which is not the caller's fault
 */
export type Authenticate = (authorization: string | null) => Promise<Caller | null>;

/** The tokens of the operator: while one takes the place of another, both let in. */
export interface OperatorTokens {
  readonly current: string;
  readonly previous?: string | undefined;
}

/** Looks tokens up that come at about the same time in one statement, so that a flood of forged ones takes few connections. */
export function createAuthentication(
  prisma: PrismaClient,
  { current, previous }: OperatorTokens,
  sharded: boolean,
): Authenticate {
  const hashes = { current: hashToken(current), previous: previous === undefined ? undefined : hashToken(previous) };
  const lookUp = createBatcher(sharded ? apart(lookUpAll) : lookUpAll);

  async function lookUpAll(tokens: readonly GivenToken[]): Promise<(TokenCandidate | undefined)[]> {
    // A token may come many times at once.
    const keys = [...new Map(tokens.map((token) => [token.prefix, token])).values()];
    const candidates = groupBy(await selectTokenCandidates(prisma, keys), ({ prefix }) => prefix);
    return tokens.map(({ prefix, hash }) =>
      candidates.get(prefix)?.find(({ tokenHash }) => hashesEqual(tokenHash, hash)),
    );
  }

  return async (authorization) => {
    if (authorization === null) return null;
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined) throw new UnauthenticatedError();

    const hash = hashToken(token);
    if (hashesEqual(hash, hashes.current)) return { kind: 'operator' };
    if (hashes.previous !== undefined && hashesEqual(hash, hashes.previous)) {
      return { kind: 'operator', previousToken: true };
    }

    const parsed = parseToken(token);
    if (parsed === undefined) throw new UnauthenticatedError();
    const match = await lookUp({ ...parsed, hash });
    if (!match?.valid) throw new UnauthenticatedError();
    const { orgId, id } = match;
    if (match.useIsStale) await touchLastUsed(prisma, orgId, id);
    return { kind: 'organization', orgId, tokenId: id };
  };
}

/** A token of an organization, as it was sent. Its prefix holds the organization's id. */
interface GivenToken extends TokenKey {
  readonly hash: Uint8Array;
}
