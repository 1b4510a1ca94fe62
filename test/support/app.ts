import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { operatorToken } from './api.ts';
import { type ApiClient, createApiClient } from './api-client.ts';

export interface TestApp extends ApiClient {
  /** Every entry of the log so far. */
  readonly logged: readonly Record<string, unknown>[];
  stop(): Promise<void>;
}

/**
 * Starts the whole server in this process, on a free port, with these settings and no others. It has to be built, for the
 * console that it serves.
 */
export async function startApp(settings: Record<string, string>): Promise<TestApp> {
  const logged: Record<string, unknown>[] = [];
  const log = createLogger('debug', { write: (line) => logged.push(JSON.parse(line)) });
  const config = readConfig({ PORT: '0', OPERATOR_TOKEN: operatorToken, SHUTDOWN_GRACE_SECONDS: '0', ...settings });
  const app = createApp(config, { log, onFailure: (error) => log.fatal({ err: error }, 'The server cannot go on') });
  const { url } = await app.start();
  const client = createApiClient((path, init) => fetch(new URL(path, url), init), operatorToken);
  return { ...client, logged, stop: app.stop };
}
