import { expect, test } from 'vitest';
import { type RequestNotes, requestContext } from '../../src/logger.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readSubscription } from '../support/subscription.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);

test('an error of an update is noted for its own request, whoever asks for the update', async () => {
  const orgId = await insertOrganization(database);
  const { id, token } = await insertToken(database, orgId, await insertRoot(database, orgId));
  const notes: RequestNotes = {};
  const notesOfAnother: RequestNotes = {};
  const response = await requestContext.run({ requestId: 'of-the-subscription', notes }, () =>
    api.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: `subscription { organizationEvents(orgId: "${orgId}") { id } }` }),
    }),
  );
  const subscription = readSubscription(response);
  await requestContext.run({ requestId: 'of-another', notes: notesOfAnother }, async () => {
    expect(await subscription.next()).toMatchObject({ data: {} });
    await api.expectData(`mutation { revokeApiToken(orgId: "${orgId}", id: "${id}") { id } }`, {}, operatorToken);
    expect(await subscription.next()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await subscription.next()).toBeUndefined();
  });
  expect(notes).toMatchObject({ caller: `token:${id}`, operation: 'subscription', errors: ['UNAUTHENTICATED'] });
  expect(notesOfAnother).toEqual({});
});
