import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { waitUntil } from '../support/barriers.ts';
import type { TestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { metricsUrl, type Scrape, scrape } from './metrics-client.ts';

/** How many connections it has. */
export const poolSize = 6;

type Labels = Readonly<Record<string, string>>;
type Series = readonly [name: string] | readonly [name: string, labels: Labels];
type Growth = readonly [name: string, by: number] | readonly [name: string, labels: Labels, by: number];

/** A server that serves its metrics, and what they say of each test. */
export interface MeteredServer {
  readonly app: TestApp;
  /** An organization of the test's own. */
  readonly orgId: string;
  /** The metrics as they are now. */
  read(): Promise<Scrape>;
  /** How much a series had grown in this test. */
  growth(now: Scrape, series: Series): number;
  /** Waits until each has grown by that much: what is counted when a request is over may come after its answer. */
  expectGrowth(...expected: readonly Growth[]): Promise<void>;
}

/** Starts it before the tests of this file. To be called outside of tests. */
export function startMetered(database: TestDatabase): MeteredServer {
  let app: TestApp;
  let before: Scrape;
  let orgId: string;
  beforeAll(async () => {
    app = await startApp({
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: String(poolSize),
      LOCK_TIMEOUT_MS: '2000',
      METRICS_PORT: '0',
    });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    orgId = await insertOrganization(database);
    before = await server.read();
  });

  const server: MeteredServer = {
    get app() {
      return app;
    },
    get orgId() {
      return orgId;
    },
    read: () => scrape(metricsUrl(app.logged)),
    growth: (now, [name, labels]) => (now.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0),
    async expectGrowth(...expected) {
      const wanted = expected.map((entry) => (entry.length === 2 ? entry[1] : entry[2]));
      let grown: number[] = [];
      await waitUntil('the metrics have come in', async () => {
        const now = await server.read();
        grown = expected.map((entry) => server.growth(now, entry.length === 2 ? [entry[0]] : [entry[0], entry[1]]));
        return grown.every((by, index) => by >= (wanted[index] ?? 0));
      });
      expect(grown).toEqual(wanted);
    },
  };
  return server;
}

export const requests = (method: string, status: string) =>
  ['taproot_http_requests_total', { method, status }] as const;
export const operations = (type: string, field: string) =>
  ['taproot_graphql_operations_total', { type, field }] as const;
export const errors = (code: string) => ['taproot_graphql_errors_total', { code }] as const;
