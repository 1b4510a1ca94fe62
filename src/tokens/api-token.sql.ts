import type { Transaction } from '../database/client.ts';
import { isOf } from '../database/sharding.ts';
import { Prisma } from '../generated/prisma/client.ts';

export interface NewApiTokenRow {
  readonly orgId: string;
  readonly id: string;
  readonly rootId: string;
  readonly name: string;
  readonly prefix: string;
  readonly hash: Uint8Array<ArrayBuffer>;
  readonly createdBy: string;
  readonly expiresAt: Date | undefined;
}

/** Inserts a token unless, on the database's clock, it has expired already. Tells whether it did. */
export async function insertApiToken(tx: Transaction, token: NewApiTokenRow): Promise<boolean> {
  const expiresAt = token.expiresAt?.toISOString() ?? null;
  const inserted = await tx.$queryRaw<{ id: string }[]>`
    insert into org_api_tokens (org_id, id, root_id, name, prefix, token_hash, created_by, expires_at)
    select ${token.orgId}::uuid, ${token.id}::uuid, ${token.rootId}::uuid, ${token.name}, ${token.prefix}, ${token.hash},
           ${token.createdBy}, ${expiresAt}::timestamptz
    where ${expiresAt}::timestamptz is null or ${expiresAt}::timestamptz > statement_timestamp()
    returning id`;
  return inserted.length === 1;
}

/** Revokes a token unless it is revoked. Tells whether it did. */
export async function updateRevokedAt(tx: Transaction, orgId: string, id: string): Promise<boolean> {
  const revoked = await tx.$queryRaw<{ id: string }[]>`
    update org_api_tokens
    set revoked_at = statement_timestamp()
    where org_id = ${orgId}::uuid and id = ${id}::uuid and revoked_at is null
    returning id`;
  return revoked.length === 1;
}

/** By what a token is looked for. */
export interface TokenKey {
  readonly orgId: string;
  readonly prefix: string;
}

export interface TokenCandidate extends TokenKey {
  readonly id: string;
  readonly name: string;
  readonly tokenHash: Uint8Array;
  readonly valid: boolean;
  /** Whether its last use was noted more than a minute ago. */
  readonly useIsStale: boolean;
}

/** Neither revoked nor expired, and its root lives. */
const isValid = Prisma.sql`
  token.revoked_at is null
    and coalesce(token.expires_at > statement_timestamp(), true)
    and root.lifecycle <> 'removed'`;

/** The tokens of these organizations that start with these prefixes: one for each, unless eight random characters collide. */
export async function selectTokenCandidates(tx: Transaction, keys: readonly TokenKey[]): Promise<TokenCandidate[]> {
  return tx.$queryRaw<TokenCandidate[]>`
    select token.org_id as "orgId", token.prefix, token.id, token.name, token.token_hash as "tokenHash", ${isValid} as valid,
      coalesce(token.last_used_at < statement_timestamp() - interval '1 minute', true) as "useIsStale"
    from unnest(${keys.map(({ orgId }) => orgId)}::uuid[], ${keys.map(({ prefix }) => prefix)}::text[]) as key (org_id, prefix)
    join org_api_tokens token on token.org_id = key.org_id and token.prefix = key.prefix
    join workspaces root on root.org_id = token.org_id and root.root_id = token.root_id
    where token.org_id ${isOf(keys)}`;
}

/** Those of these tokens of an organization that are valid now. */
export async function selectValidTokens(tx: Transaction, orgId: string, ids: readonly string[]): Promise<Set<string>> {
  const tokens = await tx.$queryRaw<{ id: string }[]>`
    select token.id
    from org_api_tokens token
    join workspaces root on root.org_id = token.org_id and root.root_id = token.root_id
    where token.org_id = ${orgId}::uuid and token.id = any(${ids}::uuid[]) and ${isValid}`;
  return new Set(tokens.map(({ id }) => id));
}

/** Notes the use of a token. Skipped when the row is locked, say by an install that moves it: a request waits for none. */
export async function touchLastUsed(tx: Transaction, orgId: string, id: string): Promise<void> {
  await tx.$executeRaw`
    with free as (
      select id from org_api_tokens
      where org_id = ${orgId}::uuid and id = ${id}::uuid
      for no key update skip locked
    )
    update org_api_tokens
    set last_used_at = statement_timestamp()
    where org_id = ${orgId}::uuid and id in (select id from free)`;
}
