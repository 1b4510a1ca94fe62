import { randomBytes } from 'node:crypto';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { graphiqlKey } from '../../src/graphql/graphiql.ts';
import { allOperationsTimeout, runAllOperations } from '../sharding/all-operations.ts';
import { operatorToken } from '../support/api.ts';
import { createApiClient } from '../support/api-client.ts';
import { startApp } from '../support/app.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { openGate } from '../support/gate.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const gate = await openGate(database.url);
afterAll(gate.close);

const password = `password-${randomBytes(12).toString('hex')}`;
const previousToken = `previous-${randomBytes(12).toString('hex')}`;

/** The way to the database, with a password of its own: the server of the tests trusts, or has none to repeat. */
function urlWithPassword(): string {
  const url = new URL(gate.url);
  if (url.password === '') url.password = password;
  return url.href;
}

test('no secret is ever logged: by all operations, a broken database, GraphiQL, at the finest level', {
  timeout: allOperationsTimeout,
}, async () => {
  const url = urlWithPassword();
  const app = await startApp({
    DATABASE_URL: url,
    OPERATOR_TOKEN_PREVIOUS: previousToken,
    GRAPHIQL: 'true',
    LOG_LEVEL: 'trace',
    METRICS_PORT: '0',
  });
  onTestFinished(app.stop);
  const created = new Set<string>();
  const listening = createApiClient(async (path, init) => {
    const response = await app.fetch(path, init);
    if (!response.headers.get('content-type')?.includes('json')) return response;
    const text = await response.text();
    for (const [token] of text.matchAll(/tap_[0-9a-f-]{36}_[\w-]{43}/g)) created.add(token);
    return new Response(text, response);
  }, operatorToken);

  await runAllOperations(listening, database);
  const orgId = await insertOrganization(database);
  const variable = `variable-${randomBytes(8).toString('hex')}`;
  await mutate(app, 'createWorkspace', { orgId, name: variable });
  await app.execute('# document-of-a-client\n{ viewer { __typename } }', {}, previousToken);
  for (const token of created) await app.execute('{ viewer { __typename } }', {}, `${token}x`);
  await app.fetch(`/graphql?key=${graphiqlKey(operatorToken)}`, { headers: { accept: 'text/html' } });
  gate.shut();
  const { status } = await app.execute('{ organizations { totalCount } }');
  expect(status).toBe(503);
  gate.open();
  await waitUntil('the database is there again', async () => (await app.fetch('/ready')).status === 200);
  await app.stop();

  expect(created.size).toBe(1);
  const log = app.logged.map((entry) => JSON.stringify(entry)).join('\n');
  expect(app.logged.filter(({ msg }) => msg === 'Answered').length).toBeGreaterThan(50);
  expect(log).toContain('The database cannot be reached or is too busy');
  const secrets = {
    operatorToken,
    previousToken,
    password: new URL(url).password,
    graphiqlKey: graphiqlKey(operatorToken),
    variable,
    document: 'document-of-a-client',
    header: 'Bearer ',
  };
  for (const [name, secret] of Object.entries(secrets)) expect(log.includes(secret), name).toBe(false);
  for (const token of created) expect(log.includes(token.slice(-20)), 'the token of an organization').toBe(false);
});
