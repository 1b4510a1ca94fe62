import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FieldDefinitionNode, type InputValueDefinitionNode, Kind, parse, print } from 'graphql';
import { expect, expectTypeOf, test } from 'vitest';
import { type ErrorCode, errorCodes } from '../../src/domain-error.ts';

const agreed = parse(readFileSync(join(import.meta.dirname, 'agreed.graphql'), 'utf8'));
const offered = parse(readFileSync('schema.graphql', 'utf8'));

/** The types of a document with their fields, or their values. */
const membersOf = (document: typeof agreed, typeName: string) => {
  const [type] = document.definitions.filter(
    (definition) => 'name' in definition && definition.name?.value === typeName,
  );
  if (type?.kind === Kind.OBJECT_TYPE_DEFINITION || type?.kind === Kind.INTERFACE_TYPE_DEFINITION) {
    return type.fields ?? [];
  }
  if (type?.kind === Kind.ENUM_TYPE_DEFINITION) return type.values ?? [];
  throw new Error(`There is no type ${typeName}`);
};

const agreedTypes = agreed.definitions.flatMap((definition) =>
  'name' in definition && definition.name ? [definition.name.value] : [],
);

test.each(agreedTypes)('%s has every agreed member, with its type, its arguments and their defaults', (typeName) => {
  const members = membersOf(offered, typeName);
  for (const member of membersOf(agreed, typeName)) {
    const name = member.name.value;
    const found = members.find((candidate) => candidate.name.value === name);
    expect(found, `${typeName}.${name}`).toBeDefined();
    if (member.kind !== Kind.FIELD_DEFINITION || found?.kind !== Kind.FIELD_DEFINITION) continue;
    expect(print(found.type), `the type of ${typeName}.${name}`).toBe(print(member.type));
    expectArguments(found, member, `${typeName}.${name}`);
  }
});

function expectArguments(found: FieldDefinitionNode, member: FieldDefinitionNode, field: string) {
  const offeredArguments = (found.arguments ?? []).map(signature);
  for (const argument of (member.arguments ?? []).map(signature)) {
    expect(offeredArguments, `the arguments of ${field}`).toContain(argument);
  }
  const agreedNames = new Set(member.arguments?.map(({ name }) => name.value));
  const added = found.arguments?.filter(({ name }) => !agreedNames.has(name.value)) ?? [];
  for (const { name, type, defaultValue } of added) {
    const canBeLeftOut = type.kind !== Kind.NON_NULL_TYPE || defaultValue !== undefined;
    expect(canBeLeftOut, `${field}(${name.value}) can be left out`).toBe(true);
  }
}

const signature = ({ name, type, defaultValue }: InputValueDefinitionNode) =>
  `${name.value}: ${print(type)}${defaultValue ? ` = ${print(defaultValue)}` : ''}`;

test('WorkspaceStatus has the agreed values and no other', () => {
  const values = (document: typeof agreed) => membersOf(document, 'WorkspaceStatus').map(({ name }) => name.value);
  expect(values(offered)).toEqual(values(agreed));
});

test('the set of error codes is closed', () => {
  const closed = [
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'BAD_USER_INPUT',
    'ORGANIZATION_NOT_FOUND',
    'WORKSPACE_NOT_FOUND',
    'API_TOKEN_NOT_FOUND',
    'NAME_CONFLICT',
    'ALREADY_EXISTS',
    'AMBIGUOUS_ROOT',
    'HAS_CHILDREN',
    'WOULD_CYCLE',
    'WORKSPACE_REMOVED',
    'PLATFORM_AGENT_IMMOVABLE',
    'LIMIT_EXCEEDED',
    'LOCK_TIMEOUT',
    'SERVICE_UNAVAILABLE',
  ] as const;
  expect(errorCodes).toEqual(closed);
  expectTypeOf<ErrorCode>().toEqualTypeOf<(typeof closed)[number]>();
});
