import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import ValidationPlugin from '@pothos/plugin-validation';
import { type GraphQLResolveInfo, graphql, isObjectType } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import type PrismaTypes from '../../src/generated/pothos.ts';
import { getDatamodel } from '../../src/generated/pothos.ts';
import { workspaceName } from '../../src/graphql/inputs.ts';
import LoadedFieldsPlugin from '../../src/graphql/loaded-fields.ts';
import { schema as realSchema } from '../../src/graphql/schema.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, setHeartbeat } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';

const database = await createTestDatabase();
const { prisma } = createTestApi(database);
const neighbour = watchNeighbour(database);

interface Context {
  /** The organization whose rows the caller may see. */
  readonly orgId: string;
  /** The row that the resolver hands to the caller, whoever that is. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** A schema whose one resolver checks nothing, with the plugins of the real one in their order. */
const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  AuthScopes: { organization: string; nobody: boolean };
  Scalars: { ID: { Input: string; Output: string } };
}>({
  plugins: [LoadedFieldsPlugin, ScopeAuthPlugin, PrismaPlugin, ValidationPlugin],
  prisma: { client: prisma, dmmf: getDatamodel() },
  scopeAuth: {
    runScopesOnType: true,
    authScopes: ({ orgId }) => ({ organization: (id) => id === orgId, nobody: false }),
  },
});
const Workspace = builder.prismaObject('Workspace', {
  select: { orgId: true, id: true },
  authScopes: ({ orgId }) => ({ organization: orgId }),
  fields: (t) => ({
    name: t.exposeString('name'),
    lifecycleMessage: t.exposeString('lifecycleMessage', { nullable: true }),
    statusMessage: t.string({
      nullable: true,
      select: { state: { select: { statusMessage: true } } },
      resolve: ({ state }) => state?.statusMessage ?? null,
    }),
    organizationName: t.string({
      select: { organization: { select: { name: true } } },
      resolve: ({ organization }) => organization.name,
    }),
    secret: t.exposeString('name', { authScopes: { nobody: true } }),
    greeting: t.string({
      args: { greeting: t.arg.string({ required: true, validate: workspaceName }) },
      select: { name: true },
      resolve: ({ name }, { greeting }) => `${greeting}, ${name}`,
    }),
    events: t.int({
      select: {
        organization: { select: { events: { where: { type: 'organization.created' }, select: { seq: true } } } },
      },
      resolve: ({ organization }) => organization.events.length,
    }),
  }),
});
builder.queryType({
  fields: (t) => ({
    handed: t.field({ type: Workspace, nullable: true, resolve: (_, __, { row }) => row as never }),
  }),
});
const schema = builder.toSchema();

let key: { orgId: string; id: string };
beforeAll(async () => {
  const orgId = await insertOrganization(database, { name: 'Stored organization' });
  const id = await insertRoot(database, orgId, { name: 'Stored', lifecycleMessage: 'Stored message' });
  await setHeartbeat(database, orgId, id, { message: 'Stored status' });
  key = { orgId, id };
});

/** Shows fields of a row that a resolver has handed out, and the statements it took. */
async function show(fields: string, row: Readonly<Record<string, unknown>>) {
  let answer: Awaited<ReturnType<typeof graphql>> | undefined;
  const statements = await recordStatements(async () => {
    answer = await graphql({ schema, source: `{ handed { ${fields} } }`, contextValue: { orgId: key.orgId, row } });
  });
  return { shown: answer?.data?.['handed'], errors: answer?.errors?.map(({ message }) => message), statements };
}

// What is handed out differs from what is stored, so that it shows where a value comes from.

test('columns that are loaded are shown as they are, and nothing is read', async () => {
  const row = {
    ...key,
    name: 'Handed',
    state: { statusMessage: 'Handed status' },
    organization: { name: 'Handed organization' },
  };
  expect(await show('name statusMessage organizationName', row)).toEqual({
    shown: { name: 'Handed', statusMessage: 'Handed status', organizationName: 'Handed organization' },
    errors: undefined,
    statements: [],
  });
});

test('null is a value like any other, of a column and of a column of another row', async () => {
  const { shown, statements } = await show('lifecycleMessage statusMessage', {
    ...key,
    lifecycleMessage: null,
    state: { statusMessage: null },
  });
  expect(shown).toEqual({ lifecycleMessage: null, statusMessage: null });
  expect(statements).toEqual([]);
});

test.each([
  ['a column', 'name', {}, { name: 'Stored' }],
  [
    'a column that is undefined',
    'lifecycleMessage',
    { lifecycleMessage: undefined },
    { lifecycleMessage: 'Stored message' },
  ],
  ['a row', 'statusMessage', {}, { statusMessage: 'Stored status' }],
  ['a row that is null', 'statusMessage', { state: null }, { statusMessage: 'Stored status' }],
  [
    'a column of another row',
    'organizationName',
    { organization: { openRoots: true } },
    { organizationName: 'Stored organization' },
  ],
  ['rows that are filtered', 'events', { organization: { name: 'Handed', events: [{ seq: 1n }] } }, { events: 0 }],
])('%s is read where it is not loaded', async (_, fields, more, shown) => {
  const result = await show(fields, { ...key, ...more });
  expect(result).toMatchObject({ shown, errors: undefined });
  expect(result.statements).toHaveLength(1);
});

test('the row of another organization is shown to nobody, though all of it is loaded and a resolver hands it out', async () => {
  const row = { orgId: neighbour.orgId, id: neighbour.childId, name: 'Handed', state: { statusMessage: 'Handed' } };
  const { shown, errors, statements } = await show('name statusMessage', row);
  expect({ shown, statements }).toEqual({ shown: null, statements: [] });
  expect(errors).toEqual([expect.stringMatching(/not authorized/i)]);
});

test('a field with a scope of its own is shown to those who have it', async () => {
  const { errors } = await show('name secret', { ...key, name: 'Handed' });
  expect(errors).toEqual([expect.stringMatching(/not authorized/i)]);
});

test('the arguments of a field are checked, and its column is read by the plugin', async () => {
  const row = { ...key, name: 'Handed' };
  expect((await show('greeting(greeting: " Hello ")', row)).shown).toEqual({ greeting: 'Hello, Stored' });
  expect((await show('greeting(greeting: "")', row)).errors).toEqual([expect.stringContaining('must not be empty')]);
});

test('every type of the real schema that shows a row checks who may see it when the row is met', async () => {
  const types = Object.values(realSchema.getTypeMap()).filter((type) => 'pothosPrismaLoader' in type.extensions);
  const shown = types.filter(isObjectType).map(({ name }) => name);
  expect(shown).toEqual(expect.arrayContaining(['Organization', 'PlatformAgent', 'Workspace']));
  const caller = { kind: 'organization', orgId: key.orgId };
  for (const name of shown) {
    const type = realSchema.getType(name);
    const meet = async (orgId: string) =>
      isObjectType(type) && type.isTypeOf?.({ orgId, id: orgId }, { caller }, {} as GraphQLResolveInfo);
    expect(await meet(key.orgId), name).toBe(true);
    await expect(meet(neighbour.orgId), name).rejects.toMatchObject({ code: 'ORGANIZATION_NOT_FOUND' });
  }
});
