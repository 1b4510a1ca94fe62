import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { mutate, refuse } from '../support/mutations.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { readEvents, readOrganization } from '../support/rows.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const neighbour = watchNeighbour(database);

describe('createOrganization', () => {
  test('creates an organization without a workspace, open, and tells it', async () => {
    const created = await mutate(
      api,
      'createOrganization',
      { name: '  Globex ' },
      '{ id name installed platformAgent { id } roots { id } statusCounts { online offline } }',
    );
    const { id } = created;
    expect(created).toEqual({
      id,
      name: 'Globex',
      installed: false,
      platformAgent: null,
      roots: [],
      statusCounts: { online: 0, offline: 0 },
    });
    expect(await readOrganization(database, id)).toEqual({ name: 'Globex', openRoots: true, eventSeq: 1 });
    expect(await readEvents(database, id)).toEqual([
      { seq: 1, type: 'organization.created', actor: 'operator', subjectId: null, data: { name: 'Globex' } },
    ]);
  });

  test('with the same id and name again is the same organization, even when it is installed', async () => {
    const args = { id: randomUUID(), name: 'Globex' };
    await mutate(api, 'createOrganization', args);
    await install(api, args.id);
    const before = await snapshotOrganization(database, args.id);
    expect(await mutate(api, 'createOrganization', args)).toEqual({ id: args.id });
    expect(await mutate(api, 'createOrganization', { ...args, id: args.id.toUpperCase() })).toEqual({ id: args.id });
    expect(await snapshotOrganization(database, args.id)).toEqual(before);
  });

  test('with the id of an organization of another name is refused, and changes nothing', async () => {
    const { extensions } = await refuse(api, 'createOrganization', { id: neighbour.orgId, name: 'Globex' });
    expect(extensions).toEqual({ code: 'ALREADY_EXISTS', id: neighbour.orgId, name: 'Acme' });
  });

  test('gives the same name to as many as want it', async () => {
    const first = await mutate(api, 'createOrganization', { name: 'Twin' });
    const second = await mutate(api, 'createOrganization', { name: 'Twin' });
    expect(first.id).not.toBe(second.id);
  });

  test.each([
    ['an empty name', 'name', { name: ' ' }],
    ['a name that is too long', 'name', { name: 'x'.repeat(121) }],
    ['a name with a control character', 'name', { name: 'a\u0007b' }],
    ['an id that is no UUID', 'id', { name: 'Globex', id: '1' }],
  ])('refuses %s', async (_, argument, args) => {
    const count = () => database.query('select count(*) from organizations');
    const before = await count();
    const { extensions } = await refuse(api, 'createOrganization', args);
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', problems: [{ argument }] });
    expect(await count()).toEqual(before);
  });
});

test('an organization shows its agent once it is installed, and its tombstone when that is removed', async () => {
  const orgId = await insertOrganization(database);
  const read = async () =>
    (
      await api.expectData(
        `{ organization(id: "${orgId}") { installed platformAgent { id status } statusCounts { offline removed } roots { id } } }`,
      )
    ).organization;
  expect(await read()).toMatchObject({ installed: false, platformAgent: null });
  const { id } = await install(api, orgId);
  expect(await read()).toEqual({
    installed: true,
    platformAgent: { id, status: 'OFFLINE' },
    statusCounts: { offline: 1, removed: 0 },
    roots: [{ id }],
  });
  await mutate(api, 'removeWorkspace', { orgId, id });
  expect(await read()).toEqual({
    installed: true,
    platformAgent: { id, status: 'REMOVED' },
    statusCounts: { offline: 0, removed: 1 },
    roots: [],
  });
});
