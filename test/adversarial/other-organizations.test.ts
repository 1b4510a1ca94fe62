import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { mutate } from '../support/mutations.ts';
import { follow, seqsOf } from '../support/organization-events.ts';
import { readEvents } from '../support/rows.ts';
import { type OrganizationSnapshot, snapshotOrganization } from '../support/snapshot.ts';
import { allFields, coordinateOf, type Field, type Input, inputsOf, isId } from './inputs.ts';
import type { IdMeaning } from './meanings.ts';
import { requestFor } from './requests.ts';
import { look, type Sight } from './sight.ts';
import { cursor, type Ids, idsOfNothing, insertInstalledWorld, insertWorld, valuesOf, type World } from './worlds.ts';

const database = await createTestDatabase();
const api = createTestApi(database);

/** The organization that no other may learn of. */
let victim: World;
let before: OrganizationSnapshot;
beforeAll(async () => {
  victim = await insertWorld(database);
});
beforeEach(async () => {
  before = await snapshotOrganization(database, victim.ids.organization);
});
afterEach(async () => {
  expect(await snapshotOrganization(database, victim.ids.organization)).toEqual(before);
});

interface IdInput extends Input {
  readonly meaning: IdMeaning;
}

const idInputsOf = (field: Field): IdInput[] =>
  inputsOf(field).flatMap((input) => (isId(input.meaning) ? [{ ...input, meaning: input.meaning }] : []));

/** Every field with each of its inputs that takes an id, or the place of something in a list. */
const cases = allFields.flatMap((field) =>
  idInputsOf(field).map((input) => [`${input.coordinate} of ${coordinateOf(field)}`, field, input] as const),
);

/** How the organization of who asks is made. */
type Insert = () => Promise<World>;
const notInstalled: Insert = () => insertWorld(database);
const installed: Insert = () => insertInstalledWorld(database, api);
const inserts = { 'before its agent is installed': notInstalled, 'when its agent is installed': installed };

/** What the token of an organization sees that passes this in one place, and ids of its own in all others. */
async function lookWith(
  field: Field,
  input: IdInput,
  pass: (own: Ids) => string,
  passed = '',
  insert: Insert = notInstalled,
): Promise<Sight> {
  const request = ({ ids }: World) => requestFor(field, valuesOf(ids, { [input.coordinate]: pass(ids) }));
  return look(database, api, { insert, request, known: { passed } });
}

/** What it sees that passes ids of another organization alone. */
async function lookAt(field: Field, ids: Ids, insert: Insert): Promise<Sight> {
  const optional = Object.fromEntries(idInputsOf(field).map(({ coordinate, meaning }) => [coordinate, ids[meaning]]));
  return look(database, api, { insert, request: () => requestFor(field, valuesOf(ids, optional)), known: { ...ids } });
}

/** Expects that both see the same, and nothing of the victim. */
function expectSame(sight: Sight, ofNothing: Sight): void {
  expectNothingOfVictim(sight);
  expect(sight).toEqual(ofNothing);
  countTried('hostile inputs', 2);
}

function expectNothingOfVictim({ response }: Sight): void {
  const text = JSON.stringify(response);
  for (const secret of [victim.mark, victim.token, ...Object.values(victim.ids).filter((id) => id.length > 8)]) {
    expect(text).not.toContain(secret);
  }
}

/** Those whose own id is taken, as the id of something new. */
const takesNewIds = new Set<IdMeaning>(['newOrganization', 'newWorkspace']);

describe.each(cases)('%s', (_, field, input) => {
  test('takes the id of something of its own', async () => {
    const { response } = await lookWith(field, input, (own) => own[input.meaning]);
    if (takesNewIds.has(input.meaning)) expect(response.errors).toHaveLength(1);
    else expect(response.errors).toBeUndefined();
    countTried('hostile inputs');
  });

  test.each(Object.entries(inserts))(
    'shows the same for what another organization has as for what is not there, %s',
    async (_, insert) => {
      const withId = (id: string) => lookWith(field, input, () => id, id, insert);
      expectSame(await withId(victim.ids[input.meaning]), await withId(idsOfNothing()[input.meaning]));
    },
  );
});

const cursors = cases.filter(([, , { meaning }]) => meaning === 'WorkspaceConnection');

test.each(cursors)('%s shows the same for such ids within a cursor of its own', async (_, field, input) => {
  const withId = (id: string) => lookWith(field, input, (own) => cursor([own.organization, id]), id);
  expectSame(await withId(victim.ids.workspace), await withId(idsOfNothing().workspace));
});

const inOrganizations = allFields.filter((field) =>
  idInputsOf(field).some(({ meaning }) => meaning === 'organization'),
);

describe.each(inOrganizations.map((field) => [coordinateOf(field), field] as const))('%s', (_, field) => {
  test.each(Object.entries(inserts))(
    'shows the same of another organization as of one that is not there, %s',
    async (_when, insert) => {
      expectSame(await lookAt(field, victim.ids, insert), await lookAt(field, idsOfNothing(), insert));
    },
  );
});

test('who follows an organization is told nothing of what happens in another', async () => {
  const own = await insertWorld(database);
  const other = await insertWorld(database);
  const follower = await follow(api, own.ids.organization, { token: own.token, includeHeartbeats: true });
  await follower.next();
  for (const { ids } of [other, own]) {
    const of = { orgId: ids.organization, workspaceId: ids.workspace, id: ids.workspace, rootId: ids.root };
    await mutate(api, 'recordHeartbeat', { ...of, message: 'Here' });
    await mutate(api, 'reportProvisioning', { ...of, state: 'FAILED' });
    await mutate(api, 'allowPlugin', { ...of, plugin: 'shell' }, '{ plugin }');
    await mutate(api, 'removeWorkspace', { ...of, id: ids.grandchild });
    await mutate(api, 'renameWorkspace', { ...of, name: 'Renamed' });
  }
  const updates = await follower.nextUntil((told) =>
    told.some(({ events }) => events.some(({ type }) => type === 'workspace.renamed')),
  );
  const happened = await readEvents(database, own.ids.organization);
  expect(seqsOf(updates)).toEqual(happened.map(({ seq }) => seq).filter((seq) => seq > 1));
  const text = JSON.stringify(updates);
  for (const secret of [other.mark, ...Object.values(other.ids)].filter((id) => id.length > 8)) {
    expect(text).not.toContain(secret);
  }
});
