import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { mutate } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { ask } from './ask.ts';
import { hostileValuesFor, hugeText } from './hostile-values.ts';
import { allFields, coordinateOf, type Field, type Input, inputsOf } from './inputs.ts';
import type { Meaning } from './meanings.ts';
import { requestFor } from './requests.ts';
import { insertWorld, valuesOf, type World } from './worlds.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let world: World;
beforeEach(async () => {
  world = await insertWorld(database);
});

/** Every input of every field. What a field of an input type takes is tried through the one field that takes the type. */
const cases = allFields.flatMap((field) =>
  inputsOf(field).map((input) => [`${coordinateOf(field)}: ${input.coordinate}`, field, input] as const),
);

/** Where what is passed is stored, and how it is to be read there. */
const stored: Partial<Record<Meaning, (text: string) => string>> = {
  name: (text) => text.normalize('NFC').trim(),
  runtime: (text) => text.normalize('NFC').trim(),
  plugin: (text) => text.normalize('NFC').trim(),
  message: (text) => text.trim(),
};
/** Mutations that pass a text by which something is found or, as its agent has a name, nothing. */
const storesNothing = new Set(['disallowPlugin', 'installPlatformAgent']);

const isStored = ({ owner, field }: Field, { meaning }: Input) =>
  owner.name === 'Mutation' && !storesNothing.has(field.name) && meaning !== undefined && meaning in stored;

describe.each(cases)('%s', (_, field, input) => {
  test('is answered with a code that is promised, whatever is passed', async () => {
    let found = 0;
    for (const value of hostileValuesFor(input)) {
      const request = requestFor(field, valuesOf(world.ids, { [input.coordinate]: value }));
      const { status, errors, data } = await ask(api, request, `Bearer ${operatorToken}`);
      expect([200, 400], JSON.stringify(value)).toContain(status);
      expectNoLeak(errors, ...textsOf(value));
      if (errors === undefined && typeof value === 'string' && isStored(field, input)) {
        await expectStored(field, data, stored[input.meaning as Meaning]?.(value) ?? '');
        found++;
      }
      countTried('hostile inputs');
    }
    if (isStored(field, input)) expect(found).toBeGreaterThan(0);
  });
});

/** Expects that a text is stored in the organization that the answer is about, exactly as it is. */
async function expectStored(field: Field, data: unknown, text: string): Promise<void> {
  const made = field.field.name === 'createOrganization' ? (data as { createOrganization: { id: string } }) : undefined;
  const rows = await snapshotOrganization(database, made?.createOrganization.id ?? world.ids.organization);
  expect(leavesOf(rows)).toContain(text === '' ? null : text);
}

/** The texts that a value holds. */
function leavesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value];
}

const textsOf = (value: unknown): string[] => leavesOf(value).filter((leaf) => typeof leaf === 'string');

test.each(['%', '_', '_%', '\\', '\\%'])('a search for %j finds names that hold it, and no others', async (search) => {
  await mutate(api, 'createOrganization', { name: `${search} ${world.mark}` });
  const found = await api.expectData(
    'query ($search: String) { organizations(first: 100, search: $search) { edges { node { name } } } }',
    { search },
  );
  const names = (await database.query<{ name: string }>('select name from organizations')).map(({ name }) => name);
  expect(found.organizations.edges.map(({ node }: { node: { name: string } }) => node.name).toSorted()).toEqual(
    names.filter((name) => name.includes(search)).toSorted(),
  );
});

test('a text of a megabyte is refused wherever a text can be passed', async () => {
  for (const [, field, input] of cases.filter(([, , { meaning }]) => meaning !== undefined)) {
    const request = requestFor(field, valuesOf(world.ids, { [input.coordinate]: hugeText }));
    const { errors } = await ask(api, request, `Bearer ${operatorToken}`);
    expect(errors, input.coordinate).toHaveLength(1);
    expectNoLeak(errors, hugeText);
    countTried('hostile inputs');
  }
});
