import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { metricsUrl, scrape } from './metrics-client.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const guide = readFileSync('docs/operations.md', 'utf8');
const expressions = [...guide.matchAll(/^ {8}expr: (.+)$/gm)].map(([, expression = '']) => expression);

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ DATABASE_URL: database.url, METRICS_PORT: '0' });
});
afterAll(() => app.stop());

/** The metrics of ours with their labels, once something of everything has happened. */
async function servedMetrics(): Promise<Map<string, string[]>> {
  const orgId = await insertOrganization(database);
  await mutate(app, 'recordHeartbeat', { orgId, workspaceId: await insertRoot(database, orgId) });
  await mutate(app, 'installPlatformAgent', { orgId });
  const { text } = await scrape(metricsUrl(app.logged));
  const names = [...text.matchAll(/^# TYPE (taproot_\w+)/gm)].map(([, name = '']) => name);
  return new Map(
    names.map((name) => {
      const labels = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, 'm').exec(text)?.[1] ?? '';
      return [name, [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label).sort()];
    }),
  );
}

test('the guide for operators lists every metric with its labels, and none that there is not', async () => {
  const listed = new Map(
    [...guide.matchAll(/^\| `(taproot_\w+)` \| ([^|]*)\|/gm)].map(([, name = '', labels = '']) => [
      name,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
    ]),
  );
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(await servedMetrics()));
});

test('every alert of the guide is one that Prometheus can read, about metrics that there are', async () => {
  const served = await servedMetrics();
  const { text } = await scrape(metricsUrl(app.logged));
  expect(expressions.length).toBeGreaterThan(10);
  for (const expression of expressions) {
    expect(findError(expression), expression).toBeUndefined();
    const names = expression.match(/\b(?:taproot|nodejs)_\w+/g) ?? [];
    for (const name of names) {
      const known = served.has(name.replace(/_(?:bucket|count|sum)$/, '')) || text.includes(`# TYPE ${name} `);
      expect(known, `${name} of ${expression}`).toBe(true);
    }
  }
});

test.each(['sum(rate(x[5m])', 'rate(x[5m]) >', 'x{code=1}'])(
  'an expression that is none is found: %s',
  (expression) => {
    expect(findError(expression)).toBeDefined();
  },
);

/** Where the expression is none of PromQL; undefined when it is one. */
function findError(expression: string): number | undefined {
  let error: number | undefined;
  parser.parse(expression).iterate({
    enter({ type, from }) {
      if (type.isError) error ??= from;
    },
  });
  return error;
}

test('every alert of the guide is followed by what to do about it', () => {
  const alerts = [...guide.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const remedies = [...guide.matchAll(/^\| ((?:`Taproot\w+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(remedies.sort()).toEqual(alerts.sort());
});
