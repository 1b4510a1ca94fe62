import { parse, validate } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { ask, type Response } from './ask.ts';
import { allFields, coordinateOf, type Field, inputsOf } from './inputs.ts';
import { meanings } from './meanings.ts';
import { requestFor, routeTo } from './requests.ts';
import { type Ids, idsOfNothing, insertInstalledWorld, insertWorld, valuesOf } from './worlds.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

test('every input of the schema has a meaning, and every meaning an input', () => {
  const inputs = allFields.flatMap(inputsOf);
  const names = new Set(
    inputs.flatMap(({ coordinate }) => [coordinate, coordinate.split(/[.(]/).at(-1)?.replace(')', '')]),
  );
  expect(Object.keys(meanings).filter((name) => !names.has(name))).toEqual([]);
});

test('every field is reached by a request that is valid', () => {
  for (const field of allFields) {
    const { query } = requestFor(field, valuesOf(idsOfNothing()));
    expect(validate(schema, parse(query)), `${coordinateOf(field)}: ${query}`).toEqual([]);
  }
});

/** Who asks with which ids, and what has to be passed besides. */
interface Caller {
  readonly ids: Ids;
  readonly token: string;
  readonly values?: Record<string, unknown>;
}

/** One of them can be given every field that there is. */
const callers: readonly (() => Promise<Caller>)[] = [
  () => insertWorld(database),
  () => insertInstalledWorld(database, api),
  async () => {
    const world = await insertWorld(database, { hasAgent: false });
    return { ...world, values: { 'Query.platformAgentPreview(name)': `${world.mark}Alpha` } };
  },
  async () => ({ ids: idsOfNothing(), token: operatorToken }),
];
/** Those who change nothing, and may therefore ask again and again. */
const readers: Caller[] = [];
beforeAll(async () => {
  for (const insert of callers) readers.push(await insert());
});

test.each(allFields.map((field) => [coordinateOf(field), field] as const))(
  '%s is there for whom it is about',
  async (coordinate, field) => {
    const tried: Response[] = [];
    // What a mutation changes is its own.
    const changes = routeTo(field)[0]?.owner === schema.getMutationType();
    for (const [index, insert] of callers.entries()) {
      const { ids, token, values } = (changes ? undefined : readers[index]) ?? (await insert());
      const others = { 'Subscription.organizationEvents(after)': ids.update, ...values };
      const response = await ask(api, requestFor(field, valuesOf(ids, others)), `Bearer ${token}`);
      countTried('hostile inputs');
      if (response.errors === undefined && meets(field, response.data)) return;
      tried.push(response);
    }
    expect.fail(`Nobody is given ${coordinate}: ${JSON.stringify(tried)}`);
  },
);

/** Whether there is an object in the data that has the field. */
function meets({ owner, field }: Field, data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  if (field.name in data && (!('__typename' in data) || data.__typename === owner.name)) return true;
  return Object.values(data).some((value) => meets({ owner, field }, value));
}
