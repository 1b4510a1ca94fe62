import { expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const { send } = await serveOverHttp(createTestApi(database), { limits: { maxBodyBytes: 1_000 } });

/** A mutation in a body of so many bytes. */
function creation(bytes: number): string {
  const body = (filling: string) =>
    JSON.stringify({ query: `mutation { createOrganization(name: "Large") { name } }`, variables: { filling } });
  return body('x'.repeat(bytes - body('').length));
}
const post = (body: string) =>
  send('/graphql', { headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' }, body });
const readLarge = () => database.query(`select name from organizations where name = 'Large'`);

test('how large a body may be is set, and one byte more is refused with nothing done', async () => {
  const refused = await post(creation(1_001));
  expect(refused.status).toBe(413);
  expect(JSON.parse(refused.body).errors[0].extensions).toEqual({ code: 'LIMIT_EXCEEDED' });
  expect(await readLarge()).toEqual([]);
  expect((await post(creation(1_000))).status).toBe(200);
  expect(await readLarge()).toEqual([{ name: 'Large' }]);
});
