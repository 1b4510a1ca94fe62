import { beforeAll, expect, test, vi } from 'vitest';
import { SLOW } from '../embedded/embedded-test.ts';
import { operatorToken } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { compileServer, startServer } from '../support/server-process.ts';

vi.setConfig(SLOW);
beforeAll(compileServer);
const database = await createTestDatabase();

/** Has a process tell which files it has loaded of packages for metrics and traces. */
const tell = `import { createRequire } from 'node:module';
const { cache } = createRequire('file:///');
process.on('SIGUSR2', () => console.log(JSON.stringify({
  level: 'info', loaded: Object.keys(cache).filter((file) => /node_modules.(@opentelemetry|prom-client)/.test(file)) })));`;

async function loadedBy(settings: Record<string, string>): Promise<string[]> {
  const server = startServer({
    DATABASE_URL: database.url,
    OPERATOR_TOKEN: operatorToken,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
    ...settings,
  });
  await server.listening;
  server.process.kill('SIGUSR2');
  const told = () => server.logged().find((entry) => 'loaded' in entry);
  await waitUntil('it tells what it has loaded', async () => told() !== undefined);
  return told()?.['loaded'] as string[];
}

test('a server without metrics and traces loads nothing that they need', async () => {
  expect(await loadedBy({})).toEqual([]);
});

test('a server with them does', async () => {
  const loaded = await loadedBy({ METRICS_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  for (const name of ['prom-client', 'exporter-trace-otlp-http', 'sdk-trace-base']) {
    expect(loaded.filter((file) => file.includes(name)).length, name).toBeGreaterThan(0);
  }
});
