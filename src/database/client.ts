import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { ContextPool } from './context-pool.ts';
import { PipelinedClient, type StatementObserver } from './pipelined-client.ts';
import { type SessionTimeouts, settingsOf } from './session-timeouts.ts';

export type { StatementObserver } from './pipelined-client.ts';

/** What a domain operation runs on: a transaction that its caller opened. */
export type Transaction = Prisma.TransactionClient;

/** How many connections a pool has, has to give, and is asked for beyond these. */
export interface PoolFigures {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max: number };
}

export interface DatabaseOptions extends SessionTimeouts {
  readonly url: string;
  /** Connections held at most. */
  readonly poolSize: number;
  /**
   * Whether a pooler in transaction mode lies in between. It refuses connections that set time-outs, and so the database's
   * own sessions have to hold them, which `requireDatabase` makes sure of. Default false.
   */
  readonly pooled?: boolean;
  /**
   * Milliseconds after which a database that owes an answer and is silent is given up, with the connection. Default: somewhat
   * longer than a statement may run, so that PostgreSQL itself ends what takes too long, and says so.
   */
  readonly answerTimeoutMs?: number;
  /** Told of connections that break while idle; the pool replaces them. */
  readonly onConnectionError?: (error: Error) => void;
  /** Told of every statement that is sent. */
  readonly onStatement?: StatementObserver | undefined;
  /** Handed the pool, to be looked at whenever one likes. */
  readonly onPool?: ((pool: PoolFigures) => void) | undefined;
}

/** Milliseconds to wait for a connection: from the network, and from the pool. */
const connectionTimeoutMs = 2_000;
/** Milliseconds that an answer may take on its way, beyond what PostgreSQL may take for it. */
export const answerDelayMs = 1_000;
/** Milliseconds that a pooler may let a statement wait for a session, before PostgreSQL sees it: as the README sets it up. */
const poolerWaitMs = 5_000;
/** Statements that one connection keeps prepared. Beyond it (lists of many lengths) they are sent unnamed. */
const maxPreparedStatements = 500;

/**
 * Statements are few, and prepared, and their rows are found by key: so they are planned once for each connection.
 * PostgreSQL would plan many of them anew each time, because it thinks that 1 item in a list is cheaper than the 10 that it
 * assumes otherwise, and take ten times as long for that as for the statement.
 */
const planOnce = '-c plan_cache_mode=force_generic_plan';

/** A Prisma client over its own pool. `$disconnect` closes the pool. */
export function createPrismaClient(options: DatabaseOptions): PrismaClient {
  const ignore = () => undefined;
  const { onStatement } = options;
  const Pool = onStatement === undefined ? pg.Pool : ContextPool;
  const pool = new Pool({
    Client: PipelinedClient,
    connectionString: options.url,
    application_name: 'taproot',
    max: options.poolSize,
    connectionTimeoutMillis: connectionTimeoutMs,
    ...(!options.pooled && { ...settingsOf(options), options: planOnce }),
    query_timeout:
      options.answerTimeoutMs ?? options.statementTimeoutMs + answerDelayMs + (options.pooled ? poolerWaitMs : 0),
    ...(onStatement !== undefined && { onStatement }),
  });
  options.onPool?.(pool);
  const adapter = new PrismaPg(pool, {
    disposeExternalPool: true,
    statementNameGenerator: nameStatements(),
    onPoolError: options.onConnectionError ?? ignore,
    onConnectionError: options.onConnectionError ?? ignore,
  });
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
