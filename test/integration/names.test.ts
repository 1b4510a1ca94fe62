import { beforeEach, describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot } from '../support/fixtures.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readWorkspaces } from '../support/rows.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

let orgId: string;
beforeEach(async () => {
  orgId = await insertOrganization(database);
});

const namesStored = async () => (await readWorkspaces(database, orgId)).map(({ name }) => name);

describe('a name that would show as another one is refused, and told which character it is, for', () => {
  test.each([
    ['a zero-width space', 'Al\u200bpha', 'U+200B'],
    ['a joiner between letters that do not join', 'Al\u200dpha', 'U+200D'],
    ['a non-joiner at the end', 'می\u200c', 'U+200C'],
    ['two non-joiners', 'می\u200c\u200cخواهم', 'U+200C'],
    ['a bidi override', 'abc\u202egnp.exe', 'U+202E'],
    ['a soft hyphen', 'Al\u00adpha', 'U+00AD'],
    ['a combining grapheme joiner', 'Al\u034fpha', 'U+034F'],
    ['a Hangul filler', 'Al\u3164pha', 'U+3164'],
    ['a variation selector behind a letter', 'Al\ufe0fpha', 'U+FE0F'],
    ['a tag', 'Alpha\u{e0041}', 'U+E0041'],
    ['a blank of Braille', 'Al\u2800pha', 'U+2800'],
    ['a space that does not break', 'Al\u00a0pha', 'U+00A0'],
    ['a control character', 'Al\u0007pha', 'U+0007'],
    ['half of a surrogate pair', 'Al\ud800pha', 'U+D800'],
  ])('%s', async (_, name, code) => {
    for (const [mutation, args, selection] of [
      ['createWorkspace', { orgId, name }, '{ id }'],
      ['createWorkspace', { orgId, name: 'Plain', runtime: name }, '{ id }'],
      ['createOrganization', { name }, '{ id }'],
      ['createApiToken', { orgId, name }, '{ token }'],
      ['allowPlugin', { orgId, plugin: name }, '{ plugin }'],
    ] as const) {
      const { message, extensions } = await refuse(api, mutation, args, selection);
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toContain(`must not hold ${code}`);
    }
    expect(await namesStored()).toEqual([]);
  });
});

test('what is much too long is refused before it is looked through, space around it included', async () => {
  const { message } = await refuse(api, 'createWorkspace', { orgId, name: `${' '.repeat(1_000)}Alpha` });
  expect(message).toContain('must be at most 200 characters long');
  await mutate(api, 'createWorkspace', { orgId, name: `${' '.repeat(500)}Alpha` });
  expect(await namesStored()).toEqual(['Alpha']);
});

test('spaces that a page shows as one are refused', async () => {
  const { message } = await refuse(api, 'createWorkspace', { orgId, name: 'Al  pha' });
  expect(message).toContain('two spaces in a row');
  expect(await namesStored()).toEqual([]);
});

test.each([
  ['Persian with a non-joiner', 'می\u200cخواهم'],
  ['Sinhala with a joiner', 'ශ්\u200dරී'],
  ['emoji made of several', '👩🏽\u200d🚀 👩\u200d❤\ufe0f\u200d👨 crew'],
  ['a flag and a keycap', '🇨🇭 1\ufe0f\u20e3'],
  ['a variant of a character', '葛\u{e0100}城'],
  ['a wide space', '田中\u3000太郎'],
  ['letters from right to left', 'وكيل المنصة 7'],
])('%s is stored as it was sent', async (_, name) => {
  expect(await mutate(api, 'createWorkspace', { orgId, name }, '{ name }')).toEqual({ name });
  expect(await namesStored()).toEqual([name]);
});

describe('a name that is composed in another way', () => {
  const composed = 'Caf\u00e9';
  const decomposed = 'Cafe\u0301';

  test('is the same name', async () => {
    const parentId = await insertRoot(database, orgId, { name: 'Alpha' });
    await mutate(api, 'createWorkspace', { orgId, parentId, name: decomposed });
    expect(await namesStored()).toEqual(['Alpha', composed]);
    const { extensions } = await refuse(api, 'createWorkspace', { orgId, parentId, name: composed });
    expect(extensions.code).toBe('NAME_CONFLICT');
    await mutate(api, 'allowPlugin', { orgId, plugin: decomposed }, '{ plugin }');
    expect(await mutate(api, 'disallowPlugin', { orgId, plugin: composed }, '')).toBe(true);
  });

  test('is found by a search', async () => {
    const { id } = await mutate(api, 'createOrganization', { name: `${decomposed} ${orgId}` });
    const { organizations } = await api.expectData(
      'query ($search: String) { organizations(search: $search) { edges { node { id } } } }',
      { search: `${decomposed} ${orgId}` },
    );
    expect(organizations.edges).toEqual([{ node: { id } }]);
  });

  test('is shown as a foreign writer stored it, and can be replaced', async () => {
    const id = await insertRoot(database, orgId, { name: `${decomposed}\u200b` });
    const { workspace } = await api.expectData(
      'query ($orgId: ID!, $id: ID!) { workspace(orgId: $orgId, id: $id) { name } }',
      {
        orgId,
        id,
      },
    );
    expect(workspace).toEqual({ name: `${decomposed}\u200b` });
    await mutate(api, 'renameWorkspace', { orgId, id, name: decomposed });
    expect(await namesStored()).toEqual([composed]);
  });
});
