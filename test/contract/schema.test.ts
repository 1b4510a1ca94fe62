import { readFile } from 'node:fs/promises';
import { buildSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType, printSchema } from 'graphql';
import { expect, test } from 'vitest';
import { baselineFile, findBreakingChanges, printBaseline } from '../../src/cli/baseline.ts';
import { schema } from '../../src/graphql/schema.ts';

const sdl = `${printSchema(schema)}\n`;
const baseline = await readFile(baselineFile, 'utf8');

test('schema.graphql is the schema that the server serves', async () => {
  expect(await readFile('schema.graphql', 'utf8'), 'run `npm run codegen`').toBe(sdl);
});

test('the schema keeps every promise that clients were given', async () => {
  expect(await findBreakingChanges(baseline, sdl)).toEqual([]);
});

test('the baseline holds all that the schema offers, so that it cannot be taken away unnoticed later', () => {
  expect(printBaseline(baseline), 'run `npm run codegen`').toBe(printBaseline(sdl));
});

const breaking: [what: string, from: string | RegExp, to: string, message: string][] = [
  ['a removed field', / {2}lastHeartbeatAt: DateTime\n/g, '', "Field 'lastHeartbeatAt' was removed"],
  ['a field of another type', / {2}tier: Int!/g, '  tier: String!', "changed type from 'Int!' to 'String!'"],
  ['a field that may now be null', 'viewer: Viewer!', 'viewer: Viewer', "changed type from 'Viewer!' to 'Viewer'"],
  ['a removed argument', 'search: String', '', "'search: String' was removed"],
  ['an argument that is now required', 'expiresAt: DateTime,', 'expiresAt: DateTime!,', "'DateTime' to 'DateTime!'"],
  ['another default', 'includeDescendants: Boolean = false', 'includeDescendants: Boolean = true', 'Default value'],
  ['a removed status', '  DEGRADED\n  FAILED\n', '  FAILED\n', "Enum value 'DEGRADED' was removed"],
  ['a new required input', 'input HeartbeatInput {', 'input HeartbeatInput {\n  load: Int!', "'load' of type 'Int!'"],
  ['a removed interface', ' implements TreeNode', '', "no longer implements 'TreeNode' interface"],
];

test.each(breaking)('%s is found to break clients', async (_, from, to, message) => {
  const changed = printBaseline(sdl).replace(from, to);
  expect(changed).not.toBe(printBaseline(sdl));
  expect(await findBreakingChanges(baseline, changed)).toContainEqual(expect.stringContaining(message));
});

test('what is added, and words that are put better, break nobody', async () => {
  const larger = sdl
    .replace('type Viewer {', 'type Viewer {\n  name: String')
    .replace('disallowPlugin(', 'disallowPlugin(reason: String, ')
    .replace('"""A tenant. Everything else belongs to exactly one."""', '"""A customer."""');
  expect(await findBreakingChanges(baseline, larger)).toEqual([]);
  expect(printBaseline(larger), 'but the baseline tells').not.toBe(printBaseline(baseline));
});

test('everything in the schema says what it is for', () => {
  const silent: string[] = [];
  const check = (name: string, { description }: { description?: string | null | undefined }) => {
    if (!description?.trim()) silent.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    check(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        for (const argument of field.args) check(`${type.name}.${field.name}(${argument.name})`, argument);
      }
    }
  }
  expect(silent).toEqual([]);
});

test('schema.graphql is all that a client generator needs', () => {
  expect(printSchema(buildSchema(sdl))).toBe(printSchema(schema));
});
