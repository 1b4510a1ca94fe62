import type { Config } from './config.ts';
import { graphiqlKey } from './graphql/graphiql.ts';
import type { Logger } from './logger.ts';
import { prepare } from './prepare.ts';
import { type Serving, serve } from './serve.ts';
import { createService, type Service } from './service.ts';
import { serveByWorkers } from './workers/serve-by-workers.ts';

/**
 * Its start throws DatabaseUnavailableError, EmbeddedPostgresError, OperatorTokenError, MigrationError,
 * ConsoleMissingError, ListenError or WorkerError, whose messages say what to do. Its stop finishes the running requests.
 */
export type App = Service<RunningApp>;

export interface RunningApp {
  /** Where the server answers, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Where GraphiQL is, if it is served: with the key to the operator token, where that was made up here. */
  readonly graphiqlUrl: string | undefined;
  readonly operatorToken: string;
}

export interface AppOptions {
  readonly log: Logger;
  /** Called when the server cannot go on, because its embedded PostgreSQL ended by itself. */
  readonly onFailure: (error: Error) => void;
}

/** The whole server: the database, its schema, and the HTTP server in front of them, in this process or in several. */
export function createApp(config: Config, { log, onFailure }: AppOptions): App {
  return createService(log, async (onStop) => {
    const prepared = await prepare(config, { log, onStop, onFailure });
    const { databaseUrl, operatorToken } = prepared;
    const { metricsPort: port } = config;
    let serving: Serving | undefined;
    // Before the server, so that they are stopped behind it: they tell of its stop, and do not hold it up.
    if (port !== undefined) {
      const readMetrics = async () => (await serving?.readMetrics()) ?? { snapshots: [], serving: 0 };
      const { serveMetrics } = await import('./metrics/serve-metrics.ts');
      await serveMetrics(config, { port, databaseUrl, readMetrics }, { log, onStop });
    }
    const serveAll = config.webConcurrency === 1 ? serve : serveByWorkers;
    serving = await serveAll(config, prepared, { log, onStop });
    const { url } = serving;
    const key = config.operatorToken === undefined ? `?key=${graphiqlKey(operatorToken)}` : '';
    return { url, graphiqlUrl: config.graphiql ? `${url}/graphql${key}` : undefined, operatorToken };
  });
}
