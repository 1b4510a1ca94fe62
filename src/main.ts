import { type App, createApp, type RunningApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { findMisspelled } from './misspelled-variables.ts';
import { describeFailure, end, fail, failWhenUncaught } from './process-end.ts';
import { loadSettingsFile } from './settings-file.ts';

try {
  loadSettingsFile('.env');
  await main(readConfig(process.env));
} catch (error) {
  console.error(describeFailure(error));
  process.exit(1);
}

async function main(config: Config): Promise<void> {
  const log = createLogger(config.logLevel);
  for (const { name, meant } of findMisspelled(process.env)) log.warn(`${name} is no setting. Is ${meant} meant?`);
  const app = createApp(config, { log, onFailure: (error) => void fail(app, log, 'server', error) });
  failWhenUncaught(app, log, 'server');
  const stopping = stopOnSignals(app, log);

  const running = await app.start().catch((error) => {
    // A terminal's Ctrl-C also ends workers that have only just begun.
    if (!stopping.aborted) throw error;
  });
  if (running === undefined || stopping.aborted) return;
  log.info({ url: running.url }, 'Listening');
  if (config.databaseUrl === undefined) console.log(greeting(running, config));
}

/** Stops in order at the first SIGINT or SIGTERM, and at once at the second. */
function stopOnSignals(app: App, log: Logger): AbortSignal {
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
    log.info({ signal }, 'Stopping; a second signal ends the server at once');
    void end(app, 0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return stopping.signal;
}

/** What a person who tries the server out needs, to read and to paste. */
function greeting(
  { url, graphiqlUrl, operatorToken }: RunningApp,
  { dataDirectory, operatorToken: given }: Config,
): string {
  const token = given === undefined ? operatorToken : '$OPERATOR_TOKEN';
  const query = '{ organizations { edges { node { id name } } } }';
  return `
  Taproot is ready.

    Console         ${url}/
${graphiqlUrl === undefined ? '' : `    GraphiQL        ${graphiqlUrl}\n`}    API             ${url}/graphql
    Operator token  ${given === undefined ? token : 'the one in OPERATOR_TOKEN'}
    Data            ${dataDirectory}

  Try it:

    curl -s ${url}/graphql \\
      -H 'content-type: application/json' \\
      -H "authorization: Bearer ${token}" \\
      -d '{"query":"${query}"}'
`;
}
