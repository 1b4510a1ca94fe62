import { Gauge, Registry } from 'prom-client';
import type { Config } from '../config.ts';
import { connect } from '../database/connect.ts';
import { createReplicaReader } from '../database/replica.ts';
import { listen, type RequestHandler } from '../http-server.ts';
import { packageVersion } from '../package-version.ts';
import type { ReadMetrics, ServeOptions } from '../serve.ts';
import { countStaleAgents } from '../workspaces/stale-agents.sql.ts';
import { aggregate } from './add-up.ts';
import { createStaleAgentMetric } from './stale-agents.ts';

/** Milliseconds that whoever is reading the metrics has to read on when the server stops. */
const closeMs = 1_000;

export interface MetricsServer {
  readonly port: number;
  readonly databaseUrl: string;
  /** What all processes that serve have counted. */
  readonly readMetrics: ReadMetrics;
}

/**
 * Serves /metrics in the text format of Prometheus, on a port of its own: what all processes have counted, added up, and what
 * there is to tell once for all of them.
 *
 * @throws {ListenError}
 */
export async function serveMetrics(
  config: Config,
  { port, databaseUrl, readMetrics }: MetricsServer,
  { log, onStop }: ServeOptions,
): Promise<void> {
  const deployment = new Registry();
  describeBuild(deployment);
  const processes = new Gauge({
    name: 'taproot_serving_processes',
    help: 'Processes that serve requests and have told their metrics.',
    registers: [deployment],
  });
  const count = await createCount(config, databaseUrl, { log, onStop });
  createStaleAgentMetric(deployment, { count, log });

  const handler: RequestHandler = async ({ method, url }, response) => {
    if (url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end();
    if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    const { snapshots, serving } = await readMetrics();
    processes.set(serving);
    const all = aggregate([...snapshots, await deployment.getMetricsAsJSON()]);
    response.writeHead(200, { 'content-type': all.contentType }).end(await all.metrics());
  };
  const { host, limits } = config;
  const { requestTimeoutMs } = limits;
  const server = await listen(handler, { host, port, setting: 'METRICS_PORT', requestTimeoutMs, log });
  onStop(() => server.close(closeMs));
  log.info({ url: `${server.url}/metrics` }, 'Metrics are served');
}

function describeBuild(registry: Registry): void {
  new Gauge({
    name: 'taproot_build_info',
    help: 'Always 1: what runs here.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version: packageVersion(), node_version: process.version }, 1);
}

/** Counts over one connection beside those of the processes that serve, on the replica where there is one. */
async function createCount(config: Config, url: string, { log, onStop }: ServeOptions): Promise<() => Promise<number>> {
  const options = { poolSize: 1, log, onStop };
  const primary = connect(config, { url, ...options });
  if (config.databaseReplicaUrl === undefined) return () => countStaleAgents(primary);
  const answerTimeoutMs = config.statementTimeoutMs;
  const replica = connect(config, { url: config.databaseReplicaUrl, answerTimeoutMs, ...options });
  const read = await createReplicaReader({ primary, replica, log });
  return () => read(countStaleAgents);
}
