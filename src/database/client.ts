import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts';

/** What a domain operation runs on: a transaction that its caller opened. */
export type Transaction = Prisma.TransactionClient;

export interface DatabaseOptions {
  readonly url: string;
  /** Connections held at most. */
  readonly poolSize: number;
  /** Milliseconds that a statement waits for a lock. */
  readonly lockTimeoutMs: number;
  /** Milliseconds that a statement may run. Longer than the wait for a lock, or that wait could not be told from it. */
  readonly statementTimeoutMs: number;
  /** Milliseconds that a transaction may stay open. Longer than a statement, for Prisma's bound does not cancel one. */
  readonly transactionTimeoutMs: number;
  /** Told of connections that break while idle; the pool replaces them. */
  readonly onConnectionError?: (error: Error) => void;
}

/** Milliseconds to wait for a connection: from the network, and from the pool. */
const connectionTimeoutMs = 2_000;
/** Statements that one connection keeps prepared. Beyond it (lists of many lengths) they are sent unnamed. */
const maxPreparedStatements = 500;

/** A Prisma client over its own pool. `$disconnect` closes the pool. */
export function createPrismaClient(options: DatabaseOptions): PrismaClient {
  const ignore = () => undefined;
  const adapter = new PrismaPg(
    {
      connectionString: options.url,
      application_name: 'taproot',
      max: options.poolSize,
      connectionTimeoutMillis: connectionTimeoutMs,
      lock_timeout: options.lockTimeoutMs,
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.transactionTimeoutMs,
    },
    {
      statementNameGenerator: nameStatements(),
      onPoolError: options.onConnectionError ?? ignore,
      onConnectionError: options.onConnectionError ?? ignore,
    },
  );
  return new PrismaClient({
    adapter,
    transactionOptions: { timeout: options.transactionTimeoutMs, maxWait: connectionTimeoutMs },
  });
}

function nameStatements(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= maxPreparedStatements) return '';
    const name = `taproot_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`;
    names.set(sql, name);
    return name;
  };
}
