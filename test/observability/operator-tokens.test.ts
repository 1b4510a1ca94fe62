import { expect, onTestFinished, test } from 'vitest';
import { operatorToken } from '../support/api.ts';
import { startApp } from '../support/app.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const previousToken = 'the-token-that-is-to-go-soon';

async function start(settings: Record<string, string> = {}) {
  const app = await startApp({ DATABASE_URL: database.url, ...settings });
  onTestFinished(app.stop);
  return app;
}

test('while the token of the operator changes both let in, and the log tells who still uses the old one', async () => {
  const app = await start({ OPERATOR_TOKEN_PREVIOUS: previousToken });
  const orgId = await insertOrganization(database);
  for (const [index, token] of [operatorToken, previousToken].entries()) {
    await mutate(app, 'createWorkspace', { orgId, name: `By ${index}` }, '{ id }', token);
  }
  const events = await database.query('select actor from org_events where org_id = $1', [orgId]);
  expect(events).toEqual([{ actor: 'operator' }, { actor: 'operator' }]);

  const lines = () => app.logged.filter(({ msg, path }) => msg === 'Answered' && path === '/graphql');
  await waitUntil('both are logged', async () => lines().length === 2);
  expect(lines().map(({ caller, previousToken }) => [caller, previousToken])).toEqual([
    ['operator', undefined],
    ['operator', true],
  ]);
});

test('neither a token between the two nor one before them lets in', async () => {
  const app = await start({ OPERATOR_TOKEN_PREVIOUS: previousToken });
  for (const token of [`${previousToken}x`, previousToken.slice(0, -1), previousToken.toUpperCase()]) {
    const { status, errors } = await app.execute('{ viewer { __typename } }', {}, token);
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  }
});

test('the old token lets nobody in once the setting is gone', async () => {
  const app = await start();
  const { errors } = await app.execute('{ viewer { __typename } }', {}, previousToken);
  expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});
