import { join, resolve } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../database/migrations/package-root.ts';
import { promisedSizes } from '../graphql/limits/promised-sizes.ts';
import {
  databaseUrl,
  integer,
  matching,
  mostProcesses,
  operatorToken,
  parseConcurrency,
  parseHttpUrl,
  parseOrigins,
  text,
  wholeNumber,
} from './values.ts';

/** What may be logged, from the most to the least. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The variables, each with what it has to be. No message repeats a value, because some are secret. */
export const variables = z.object({
  DATABASE_URL: databaseUrl(),
  DIRECT_DATABASE_URL: databaseUrl(),
  DATABASE_REPLICA_URL: databaseUrl(),
  DATA_DIR: text('a path', (value) => resolve(value)).default(() => join(packageRoot(), '.data')),
  HOST: text('a host name or an IP address', matching(/^[\w.:%-]+$/)).default('127.0.0.1'),
  PORT: integer(0, 65_535, 4000),
  METRICS_PORT: text('a whole number from 0 to 65535', wholeNumber(0, 65_535)).optional(),
  OPERATOR_TOKEN: operatorToken(),
  OPERATOR_TOKEN_PREVIOUS: operatorToken(),
  LOG_LEVEL: text(`one of ${logLevels.join(', ')}`, (value) => logLevels.find((level) => level === value)).default(
    'info',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: text('a URL like http://localhost:4318', parseHttpUrl).optional(),
  WEB_CONCURRENCY: text(`a whole number from 1 to ${mostProcesses}, or auto`, parseConcurrency).default(1),
  DATABASE_POOL_SIZE: integer(1, 1000, 10),
  LOCK_TIMEOUT_MS: integer(1, 3_600_000, 2000),
  STATEMENT_TIMEOUT_MS: integer(1, 3_600_000, 4000),
  TRANSACTION_TIMEOUT_MS: integer(1, 3_600_000, 5000),
  LIVENESS_WINDOW_SECONDS: integer(1, 31_536_000, 90),
  PROVISIONING_WINDOW_SECONDS: integer(1, 31_536_000, 600),
  SHUTDOWN_GRACE_SECONDS: integer(0, 3600, 10),
  MAX_BODY_BYTES: integer(1_000, 1_000_000_000, 2_000_000),
  MAX_DOCUMENT_TOKENS: integer(100, 1_000_000, 10_000),
  MAX_DEPTH: integer(5, 60, 50),
  MAX_ALIASES: integer(0, 100_000, 100),
  MAX_DIRECTIVES: integer(0, 100_000, 50),
  MAX_COMPLEXITY: integer(100, 1_000_000_000, 200_000),
  MAX_MUTATIONS: integer(1, 10_000, 20),
  MAX_PAGE_SIZE: integer(promisedSizes.page, 10_000, promisedSizes.page),
  MAX_WORKSPACE_PAGE_SIZE: integer(promisedSizes.workspacePage, 100_000, promisedSizes.workspacePage),
  MAX_HEARTBEATS: integer(promisedSizes.heartbeats, 100_000, promisedSizes.heartbeats),
  MAX_SUBSCRIPTIONS: integer(1, 1_000_000, 100),
  REQUEST_TIMEOUT_MS: integer(1, 3_600_000, 30_000),
  RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000_000, 6_000),
  OPERATOR_RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000_000, 0),
  CORS_ORIGINS: text('origins like https://console.example, separated by commas', parseOrigins).default([]),
  GRAPHIQL: text('true or false', (value) => ({ true: true, false: false })[value]).optional(),
});
