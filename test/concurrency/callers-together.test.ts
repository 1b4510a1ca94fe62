import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAuthentication } from '../../src/tokens/authenticate.ts';
import { operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { observeStatements, type Statement } from '../support/statements.ts';
import { openServers } from './together.ts';

const database = await createTestDatabase();
const { api, shards } = await openServers(database);
watchNeighbour(database);

const strangers = 100;
const forged = (orgId: string) => `tap_${orgId}_${'x'.repeat(43)}`;

async function insertCaller() {
  const orgId = await insertOrganization(database);
  const { id, token } = await insertToken(database, orgId, await insertRoot(database, orgId));
  await database.query('update org_api_tokens set last_used_at = now() where id = $1', [id]);
  return { token, caller: { kind: 'organization', orgId, tokenId: id } };
}

test.each([
  ['one database', api, false],
  ['shards', shards, true],
])('on %s, callers that come together are each known for who they are', async (_, client, sharded) => {
  const [one, other] = [await insertCaller(), await insertCaller()];
  // Found by the same prefix as that of the one, and none.
  const twin = `${one.token.slice(0, -1)}${one.token.endsWith('A') ? 'Q' : 'A'}`;
  const tokens = [one.token, other.token, forged(one.caller.orgId), twin, one.token, forged(randomUUID())];
  const sent: Statement[] = [];
  const stop = observeStatements((statement) => sent.push(statement));
  const authenticate = createAuthentication(client.prisma, { current: operatorToken }, sharded);
  const callers = await Promise.allSettled(tokens.map((token) => authenticate(`Bearer ${token}`))).finally(stop);
  expect(callers.map((known) => (known.status === 'fulfilled' ? known.value : known.reason.code))).toEqual([
    one.caller,
    other.caller,
    'UNAUTHENTICATED',
    'UNAUTHENTICATED',
    one.caller,
    'UNAUTHENTICATED',
  ]);
  expect(sent).toHaveLength(sharded ? 3 : 1);
  for (const { text } of sent) expect(text).toMatch(sharded ? /org_id = \$\d/ : /org_id = any\(\$\d/);
});

test('a flood of strangers takes few statements', async () => {
  const sent: Statement[] = [];
  const stop = observeStatements((statement) => sent.push(statement));
  const ask = () => api.execute('{ __typename }', {}, forged(randomUUID()));
  const answers = await Promise.all(Array.from({ length: strangers }, ask)).finally(stop);
  expect(answers.map(({ status }) => status)).toEqual(Array(strangers).fill(401));
  expect(sent.length).toBeLessThan(strangers / 4);
});
