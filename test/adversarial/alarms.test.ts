import { expect, test } from 'vitest';
import { alarmsIn } from '../support/alarms.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

test('what no part of the server expected is found in its log, and what it answers every day is not', async () => {
  await api.execute('{ nothing }');
  await api.execute('{ organizations { totalCount } }', {}, 'no token');
  await api.expectData('mutation { createOrganization(name: "Acme") { id } }');
  expect(alarmsIn(api.logged)).toEqual([]);

  await database.query(`create function fail() returns trigger language plpgsql as
    $$ begin raise exception 'Out of order' using errcode = 'TAP99'; end $$`);
  await database.query('create trigger fail before insert on organizations for each row execute function fail()');
  const { errors } = await api.execute('mutation { createOrganization(name: "Acme") { id } }');
  expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
  expect(alarmsIn(api.logged)).toMatchObject([{ level: 'error', msg: 'Unexpected error' }]);
});
