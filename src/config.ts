import { type logLevels, variables } from './config/variables.ts';
import type { Limits } from './graphql/limits/limits.ts';

/** Every setting of the server. Made by `readConfig` alone, and frozen. */
export interface Config {
  /** The PostgreSQL to use, as a connection URL. Undefined: an embedded one, with its data in `dataDirectory`. */
  readonly databaseUrl: string | undefined;
  /** The PostgreSQL behind `databaseUrl`, where that leads through a pooler in transaction mode. Migrations go here. */
  readonly directDatabaseUrl: string | undefined;
  /** A standby of the database, for the few reads that may be somewhat old. */
  readonly databaseReplicaUrl: string | undefined;
  /** Absolute path of the directory that the embedded PostgreSQL and the generated operator token are kept in. */
  readonly dataDirectory: string;
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on. 0: any free one. */
  readonly port: number;
  /** The port of /metrics, at the same address. 0: any free one. Undefined: there are no metrics. */
  readonly metricsPort: number | undefined;
  /** The OpenTelemetry collector that traces are sent to, as a URL without `/v1/traces`. Undefined: there are none. */
  readonly traceEndpoint: string | undefined;
  /** The bearer token that may do everything. Undefined: one is generated and kept in `dataDirectory`. */
  readonly operatorToken: string | undefined;
  /** The token before `operatorToken`, which lets in as well until all callers have the new one. */
  readonly operatorTokenPrevious: string | undefined;
  /** The least severe level that is logged. */
  readonly logLevel: LogLevel;
  /** Processes that serve. 1: this one alone, without workers. */
  readonly webConcurrency: number;
  /** Connections to the database that each process that serves holds at most. */
  readonly databasePoolSize: number;
  /** Milliseconds that a statement waits for a lock. Shorter than `statementTimeoutMs`. */
  readonly lockTimeoutMs: number;
  /** Milliseconds that a statement may run. Shorter than `transactionTimeoutMs`. */
  readonly statementTimeoutMs: number;
  /** Milliseconds that a transaction may stay open. Shorter than `limits.requestTimeoutMs`, where requests are served. */
  readonly transactionTimeoutMs: number;
  /** Seconds that a heartbeat counts. Three missed beats of 30 s by default. */
  readonly livenessWindowSeconds: number;
  /** Seconds that provisioning may take before it counts as failed. */
  readonly provisioningWindowSeconds: number;
  /** Seconds that running requests are given to finish when the server stops. */
  readonly shutdownGraceSeconds: number;
  /** Whether GraphiQL is served. */
  readonly graphiql: boolean;
  /** The pages of other sites that a browser lets call the API, by their origins. */
  readonly corsOrigins: readonly string[];
  /** How much a request may ask for, and a caller. */
  readonly limits: Limits;
}

export type LogLevel = (typeof logLevels)[number];

/** The environment does not describe a server. The message names every variable that is wrong, and what is expected. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** The names of all variables that are read. */
export const variableNames: readonly string[] = Object.keys(variables.shape);

/**
 * Reads the settings from environment variables. One that is empty counts as unset.
 *
 * @param serves false for a program that lets nobody in, and so needs no operator token
 * @throws {ConfigError} naming every problem at once
 */
export function readConfig(environment: NodeJS.ProcessEnv, serves = true): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = variables.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}.`);
  problems.push(...findContradictions(given, serves));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const { data } = parsed;
  return Object.freeze({
    databaseUrl: data.DATABASE_URL,
    directDatabaseUrl: data.DIRECT_DATABASE_URL,
    databaseReplicaUrl: data.DATABASE_REPLICA_URL,
    dataDirectory: data.DATA_DIR,
    host: data.HOST,
    port: data.PORT,
    metricsPort: data.METRICS_PORT,
    traceEndpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT,
    operatorToken: data.OPERATOR_TOKEN,
    operatorTokenPrevious: data.OPERATOR_TOKEN_PREVIOUS,
    logLevel: data.LOG_LEVEL,
    webConcurrency: data.WEB_CONCURRENCY,
    databasePoolSize: data.DATABASE_POOL_SIZE,
    lockTimeoutMs: data.LOCK_TIMEOUT_MS,
    statementTimeoutMs: data.STATEMENT_TIMEOUT_MS,
    transactionTimeoutMs: data.TRANSACTION_TIMEOUT_MS,
    livenessWindowSeconds: data.LIVENESS_WINDOW_SECONDS,
    provisioningWindowSeconds: data.PROVISIONING_WINDOW_SECONDS,
    shutdownGraceSeconds: data.SHUTDOWN_GRACE_SECONDS,
    graphiql: data.GRAPHIQL ?? data.DATABASE_URL === undefined,
    corsOrigins: data.CORS_ORIGINS,
    limits: Object.freeze({
      maxBodyBytes: data.MAX_BODY_BYTES,
      maxTokens: data.MAX_DOCUMENT_TOKENS,
      maxDepth: data.MAX_DEPTH,
      maxAliases: data.MAX_ALIASES,
      maxDirectives: data.MAX_DIRECTIVES,
      maxComplexity: data.MAX_COMPLEXITY,
      maxMutations: data.MAX_MUTATIONS,
      maxPageSize: data.MAX_PAGE_SIZE,
      maxWorkspacePageSize: data.MAX_WORKSPACE_PAGE_SIZE,
      maxHeartbeats: data.MAX_HEARTBEATS,
      maxSubscriptions: data.MAX_SUBSCRIPTIONS,
      requestTimeoutMs: data.REQUEST_TIMEOUT_MS,
      ratePerMinute: data.RATE_LIMIT_PER_MINUTE,
      operatorRatePerMinute: data.OPERATOR_RATE_LIMIT_PER_MINUTE,
    }),
  });
}

/** What is wrong between variables. Told also when single ones are wrong, which then take no part. */
function findContradictions(given: Record<string, unknown>, serves: boolean): string[] {
  const problems: string[] = [];
  if (serves && given['DATABASE_URL'] && !given['OPERATOR_TOKEN']) {
    problems.push(
      'OPERATOR_TOKEN is missing: with DATABASE_URL it must be set, to at least 24 printable characters without a space.',
    );
  }
  const { OPERATOR_TOKEN, OPERATOR_TOKEN_PREVIOUS } = given;
  if (OPERATOR_TOKEN_PREVIOUS && !OPERATOR_TOKEN) {
    problems.push(
      'OPERATOR_TOKEN_PREVIOUS is set without OPERATOR_TOKEN: set that to the token which takes its place.',
    );
  } else if (OPERATOR_TOKEN_PREVIOUS && String(OPERATOR_TOKEN_PREVIOUS).trim() === String(OPERATOR_TOKEN).trim()) {
    problems.push('OPERATOR_TOKEN_PREVIOUS must differ from OPERATOR_TOKEN: leave it unset once no caller uses it.');
  }
  for (const name of ['DIRECT_DATABASE_URL', 'DATABASE_REPLICA_URL']) {
    if (!given[name] || given['DATABASE_URL']) continue;
    problems.push(`${name} is set without DATABASE_URL: set that too, or leave both unset for the embedded database.`);
  }
  const { LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS, REQUEST_TIMEOUT_MS } = variables.shape;
  const ofDatabase = { LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS };
  const bounds = serves ? { ...ofDatabase, REQUEST_TIMEOUT_MS } : ofDatabase;
  const timeouts = Object.entries(bounds).flatMap(([name, schema]) => {
    const { data } = schema.safeParse(given[name]);
    return data === undefined ? [] : [{ name, data, shown: given[name] ? data : `${data} by default` }];
  });
  timeouts.forEach((longer, index) => {
    const shorter = timeouts[index - 1];
    if (!shorter || shorter.data < longer.data) return;
    problems.push(
      `${longer.name} (${longer.shown}) must be more than ${shorter.name} (${shorter.shown}): raise it, or lower the other.`,
    );
  });
  return problems;
}
