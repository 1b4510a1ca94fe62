import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readConfig, variableNames } from '../../src/config.ts';
import { findMisspelled } from '../../src/misspelled-variables.ts';

const token = 'x'.repeat(24);
const databaseUrl = 'postgresql://taproot:p%40ss@db.example:6432/taproot';

function problemsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('an empty environment gives a server for one machine, on an embedded database', () => {
  expect(readConfig({})).toEqual({
    databaseUrl: undefined,
    directDatabaseUrl: undefined,
    databaseReplicaUrl: undefined,
    dataDirectory: resolve('.data'),
    host: '127.0.0.1',
    port: 4000,
    metricsPort: undefined,
    traceEndpoint: undefined,
    operatorToken: undefined,
    operatorTokenPrevious: undefined,
    logLevel: 'info',
    webConcurrency: 1,
    databasePoolSize: 10,
    lockTimeoutMs: 2000,
    statementTimeoutMs: 4000,
    transactionTimeoutMs: 5000,
    livenessWindowSeconds: 90,
    provisioningWindowSeconds: 600,
    shutdownGraceSeconds: 10,
    graphiql: true,
    corsOrigins: [],
    limits: {
      maxBodyBytes: 2_000_000,
      maxTokens: 10_000,
      maxDepth: 50,
      maxAliases: 100,
      maxDirectives: 50,
      maxComplexity: 200_000,
      maxMutations: 20,
      maxPageSize: 100,
      maxWorkspacePageSize: 1_000,
      maxHeartbeats: 1_000,
      maxSubscriptions: 100,
      requestTimeoutMs: 30_000,
      ratePerMinute: 6_000,
      operatorRatePerMinute: 0,
    },
  });
});

test('settings cannot be changed once they are read', () => {
  expect(readConfig({})).toSatisfy(Object.isFrozen);
  expect(readConfig({}).limits).toSatisfy(Object.isFrozen);
});

test('a variable that is empty or blank counts as unset', () => {
  expect(readConfig({ PORT: '', HOST: ' ', DATABASE_URL: '' })).toEqual(readConfig({}));
});

test('with DATABASE_URL an operator token is demanded and GraphiQL is off unless asked for', () => {
  expect(problemsOf({ DATABASE_URL: databaseUrl })).toEqual([expect.stringMatching(/^OPERATOR_TOKEN is missing/)]);
  const environment = { DATABASE_URL: databaseUrl, OPERATOR_TOKEN: token };
  expect(readConfig(environment)).toMatchObject({ databaseUrl, operatorToken: token, graphiql: false });
  expect(readConfig({ ...environment, GRAPHIQL: 'true' })).toMatchObject({ graphiql: true });
});

test('the other addresses of a database are of no use without DATABASE_URL', () => {
  expect(problemsOf({ DIRECT_DATABASE_URL: databaseUrl, DATABASE_REPLICA_URL: databaseUrl })).toEqual([
    'DIRECT_DATABASE_URL is set without DATABASE_URL: set that too, or leave both unset for the embedded database.',
    'DATABASE_REPLICA_URL is set without DATABASE_URL: set that too, or leave both unset for the embedded database.',
  ]);
  const environment = { DATABASE_URL: databaseUrl, OPERATOR_TOKEN: token };
  expect(readConfig({ ...environment, DIRECT_DATABASE_URL: 'postgres://db.example/taproot' })).toMatchObject({
    databaseUrl,
    directDatabaseUrl: 'postgres://db.example/taproot',
    databaseReplicaUrl: undefined,
  });
});

test('the operator token before is one more beside the present one, and another', () => {
  const previous = 'y'.repeat(24);
  expect(readConfig({ OPERATOR_TOKEN: token, OPERATOR_TOKEN_PREVIOUS: previous })).toMatchObject({
    operatorToken: token,
    operatorTokenPrevious: previous,
  });
  expect(problemsOf({ OPERATOR_TOKEN_PREVIOUS: previous })).toEqual([
    'OPERATOR_TOKEN_PREVIOUS is set without OPERATOR_TOKEN: set that to the token which takes its place.',
  ]);
  for (const same of [token, ` ${token} `]) {
    expect(problemsOf({ OPERATOR_TOKEN: token, OPERATOR_TOKEN_PREVIOUS: same })).toEqual([
      'OPERATOR_TOKEN_PREVIOUS must differ from OPERATOR_TOKEN: leave it unset once no caller uses it.',
    ]);
  }
});

test('a program that lets nobody in needs no operator token, and answers no request in time', () => {
  expect(readConfig({ DATABASE_URL: databaseUrl }, false)).toMatchObject({ databaseUrl, operatorToken: undefined });
  expect(readConfig({ REQUEST_TIMEOUT_MS: '1' }, false)).toMatchObject({ limits: { requestTimeoutMs: 1 } });
});

test('every problem is reported at once, by the name of its variable, and no secret is repeated', () => {
  const problems = problemsOf({
    DATABASE_URL: 'mysql://root:hunter2@localhost/db',
    HOST: 'not a host',
    PORT: '80 80',
    METRICS_PORT: 'yes',
    OPERATOR_TOKEN: 'tooshort',
    OPERATOR_TOKEN_PREVIOUS: 'short too',
    LOG_LEVEL: 'loud',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318',
    WEB_CONCURRENCY: 'all',
    DATABASE_POOL_SIZE: '0',
    LOCK_TIMEOUT_MS: '3000',
    STATEMENT_TIMEOUT_MS: '3000',
    TRANSACTION_TIMEOUT_MS: '5s',
    LIVENESS_WINDOW_SECONDS: '-1',
    PROVISIONING_WINDOW_SECONDS: '1.5',
    SHUTDOWN_GRACE_SECONDS: 'ten',
    MAX_BODY_BYTES: '2MB',
    MAX_DEPTH: '1',
    MAX_PAGE_SIZE: '99',
    MAX_SUBSCRIPTIONS: '0',
    REQUEST_TIMEOUT_MS: '0',
    RATE_LIMIT_PER_MINUTE: '-1',
    CORS_ORIGINS: 'https://console.example/path',
    GRAPHIQL: 'maybe',
  });
  expect(problems).toEqual([
    'DATABASE_URL must be a URL like postgresql://user:password@host:5432/database.',
    'HOST must be a host name or an IP address.',
    'PORT must be a whole number from 0 to 65535.',
    'METRICS_PORT must be a whole number from 0 to 65535.',
    'OPERATOR_TOKEN must be at least 24 printable characters without a space.',
    'OPERATOR_TOKEN_PREVIOUS must be at least 24 printable characters without a space.',
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent.',
    'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL like http://localhost:4318.',
    'WEB_CONCURRENCY must be a whole number from 1 to 64, or auto.',
    'DATABASE_POOL_SIZE must be a whole number from 1 to 1000.',
    'TRANSACTION_TIMEOUT_MS must be a whole number from 1 to 3600000.',
    'LIVENESS_WINDOW_SECONDS must be a whole number from 1 to 31536000.',
    'PROVISIONING_WINDOW_SECONDS must be a whole number from 1 to 31536000.',
    'SHUTDOWN_GRACE_SECONDS must be a whole number from 0 to 3600.',
    'MAX_BODY_BYTES must be a whole number from 1000 to 1000000000.',
    'MAX_DEPTH must be a whole number from 5 to 60.',
    'MAX_PAGE_SIZE must be a whole number from 100 to 10000.',
    'MAX_SUBSCRIPTIONS must be a whole number from 1 to 1000000.',
    'REQUEST_TIMEOUT_MS must be a whole number from 1 to 3600000.',
    'RATE_LIMIT_PER_MINUTE must be a whole number from 0 to 1000000000.',
    'CORS_ORIGINS must be origins like https://console.example, separated by commas.',
    'GRAPHIQL must be true or false.',
    'STATEMENT_TIMEOUT_MS (3000) must be more than LOCK_TIMEOUT_MS (3000): raise it, or lower the other.',
  ]);
});

test('time-outs are held in order against the defaults of those that are not set', () => {
  expect(problemsOf({ STATEMENT_TIMEOUT_MS: '6000' })).toEqual([
    'TRANSACTION_TIMEOUT_MS (5000 by default) must be more than STATEMENT_TIMEOUT_MS (6000): raise it, or lower the other.',
  ]);
  expect(problemsOf({ STATEMENT_TIMEOUT_MS: '6000', TRANSACTION_TIMEOUT_MS: '7000' })).toEqual([]);
  expect(problemsOf({ REQUEST_TIMEOUT_MS: '5000' })).toEqual([
    'REQUEST_TIMEOUT_MS (5000) must be more than TRANSACTION_TIMEOUT_MS (5000 by default): raise it, or lower the other.',
  ]);
  expect(problemsOf({ REQUEST_TIMEOUT_MS: '5001' })).toEqual([]);
});

test('the number of processes is one that is given, or that of the processors', () => {
  expect(readConfig({ WEB_CONCURRENCY: '3' })).toMatchObject({ webConcurrency: 3 });
  expect(readConfig({ WEB_CONCURRENCY: 'auto' })).toMatchObject({
    webConcurrency: Math.min(64, availableParallelism()),
  });
  for (const value of ['0', '65', '1.5', '-1', 'Auto']) {
    expect(problemsOf({ WEB_CONCURRENCY: value })).toEqual([expect.stringMatching(/^WEB_CONCURRENCY must be/)]);
  }
});

test('other sites are let in by their origins alone', () => {
  expect(readConfig({ CORS_ORIGINS: 'https://a.example, http://localhost:3000,https://a.example' })).toMatchObject({
    corsOrigins: ['https://a.example', 'http://localhost:3000'],
  });
  for (const value of ['*', 'a.example', 'https://a.example/', 'https://A.example', 'null', 'https://a.example,']) {
    expect(problemsOf({ CORS_ORIGINS: value }), value).toEqual([expect.stringMatching(/^CORS_ORIGINS must be/)]);
  }
});

test('a name that is almost that of a setting is pointed out', () => {
  expect(
    findMisspelled({ DATABSE_URL: 'x', LOCK_TIMEOUT_SM: '1', LOG_LEVELS: 'x', PATH: '/bin', DATABASE_HOST: 'x' }),
  ).toEqual([
    { name: 'DATABSE_URL', meant: 'DATABASE_URL' },
    { name: 'LOCK_TIMEOUT_SM', meant: 'LOCK_TIMEOUT_MS' },
    { name: 'LOG_LEVELS', meant: 'LOG_LEVEL' },
  ]);
});

test('variables of OpenTelemetry are not taken for misspelled ones', () => {
  const variables = [
    'OTEL_SERVICE_NAME',
    'OTEL_RESOURCE_ATTRIBUTES',
    'OTEL_TRACES_SAMPLER',
    'OTEL_TRACES_SAMPLER_ARG',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_TIMEOUT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_BSP_SCHEDULE_DELAY',
  ];
  expect(findMisspelled(Object.fromEntries(variables.map((name) => [name, 'x'])))).toEqual([]);
});

test('.env.example shows every setting with its default', () => {
  const lines = readFileSync('.env.example', 'utf8').split('\n');
  const shown = lines.flatMap((line) => {
    const [, name, value] = /^# ([A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value] as const];
  });
  expect(shown.map(([name]) => name).sort()).toEqual([...variableNames].sort());

  const { DATABASE_URL, DIRECT_DATABASE_URL, DATABASE_REPLICA_URL, CORS_ORIGINS, ...defaults } =
    Object.fromEntries(shown);
  expect(problemsOf({ CORS_ORIGINS })).toEqual([]);
  expect(readConfig(defaults)).toEqual(readConfig({}));
  const databases = { DATABASE_URL, DIRECT_DATABASE_URL, DATABASE_REPLICA_URL };
  expect(problemsOf({ ...databases, OPERATOR_TOKEN: token })).toEqual([]);
});
