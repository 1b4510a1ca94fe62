import { inspect } from 'node:util';
import { ConfigError } from './config.ts';
import { ConsoleMissingError } from './console-server.ts';
import { DatabaseUnavailableError } from './database/database-unavailable.ts';
import { EmbeddedPostgresError } from './database/embedded/errors.ts';
import { MigrationError } from './database/migrations/errors.ts';
import { ListenError } from './http-server.ts';
import type { Logger } from './logger.ts';
import { OperatorTokenError } from './operator-token.ts';
import type { Service } from './service.ts';
import { WorkerError } from './workers/errors.ts';

/** Failures that are not the program's: their messages say all there is to say. */
const expectedFailures = [
  ConfigError,
  ConsoleMissingError,
  DatabaseUnavailableError,
  EmbeddedPostgresError,
  ListenError,
  MigrationError,
  OperatorTokenError,
  WorkerError,
] as const;

/** What is told of an error that kept a process from starting: of one that is the program's, where it comes from too. */
export function describeFailure(error: unknown): string {
  const expected = expectedFailures.some((kind) => error instanceof kind);
  return expected ? (error as Error).message : inspect(error);
}

/** Stops the service, and ends this process with the code. */
export async function end(service: Service<unknown>, code: number): Promise<never> {
  await service.stop();
  process.exit(process.exitCode ?? code);
}

/** Logs why this process, the server or one of its workers, cannot go on, and ends it in good order with exit code 1. */
export async function fail(
  service: Service<unknown>,
  log: Logger,
  who: 'server' | 'worker',
  error: unknown,
): Promise<never> {
  log.fatal({ err: error }, `The ${who} cannot go on`);
  process.exitCode = 1;
  return end(service, 1);
}

/** Has errors that nobody caught end this process. */
export function failWhenUncaught(service: Service<unknown>, log: Logger, who: 'server' | 'worker'): void {
  const onError = (error: unknown) => void fail(service, log, who, error);
  process.on('uncaughtException', onError);
  process.on('unhandledRejection', onError);
}
