import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Limits } from '../../src/graphql/limits/limits.ts';
import { createLogger } from '../../src/logger.ts';
import { operatorToken } from './api.ts';
import { type ApiClient, createApiClient } from './api-client.ts';

const usual = { PORT: '0', OPERATOR_TOKEN: operatorToken, SHUTDOWN_GRACE_SECONDS: '0', LOG_LEVEL: 'debug' };

export interface TestApp extends ApiClient {
  /** Every entry of the log so far. */
  readonly logged: readonly Record<string, unknown>[];
  stop(): Promise<void>;
}

/**
 * Starts the whole server in this process, on a free port, with these settings over those that all tests have in common. It has to be built, for the
 * console that it serves.
 *
 * @param limits those that are to differ from the settings, also where no settings may ask for them
 */
export async function startApp(settings: Record<string, string>, limits: Partial<Limits> = {}): Promise<TestApp> {
  const logged: Record<string, unknown>[] = [];
  const asSet = readConfig({ ...usual, ...settings });
  const config = { ...asSet, limits: { ...asSet.limits, ...limits } };
  const log = createLogger(config.logLevel, { write: (line) => logged.push(JSON.parse(line)) });
  const app = createApp(config, { log, onFailure: (error) => log.fatal({ err: error }, 'The server cannot go on') });
  const { url } = await app.start();
  const client = createApiClient((path, init) => fetch(new URL(path, url), init), operatorToken);
  return { ...client, logged, stop: app.stop };
}
