import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInterfaceType, isObjectType, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { findUnexecuted, nouns, operationNames, readAllOperations } from './operations.ts';

const operations = readAllOperations();

test('every operation is valid against the schema', () => {
  expect(validate(schema, operations)).toEqual([]);
});

test('every operation has a name of its own', () => {
  const names = operationNames(operations);
  expect(names).not.toContain('a nameless operation');
  expect(new Set(names).size).toBe(names.length);
});

test('some operation asks for every field, with every argument', () => {
  const asked = new Set<string>();
  const typeInfo = new TypeInfo(schema);
  visit(
    operations,
    visitWithTypeInfo(typeInfo, {
      Field(node) {
        const type = typeInfo.getParentType();
        if (!type) return;
        // A field of an interface is a field of all that implement it.
        const types = isInterfaceType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
        for (const { name } of types) {
          asked.add(`${name}.${node.name.value}`);
          for (const argument of node.arguments ?? []) asked.add(`${name}.${node.name.value}(${argument.name.value})`);
        }
      },
    }),
  );
  const offered = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || type.name.startsWith('__')) return [];
    return Object.values(type.getFields()).flatMap((field) => [
      `${type.name}.${field.name}`,
      ...field.args.map((argument) => `${type.name}.${field.name}(${argument.name})`),
    ]);
  });
  expect(offered.filter((member) => !asked.has(member))).toEqual([]);
});

test.each(nouns)(
  'the operations of %s.graphql have a test file, which ends by checking that it ran them all',
  (noun) => {
    const file = join(import.meta.dirname, `${noun}.test.ts`);
    expect(existsSync(file), file).toBe(true);
    const source = readFileSync(file, 'utf8');
    expect(source).toContain(`createContractApi(database, '${noun}')`);
    expect(source.trimEnd()).toMatch(/\ntest\('.*', api\.expectAllWereRun\);$/);
  },
);

test('an operation that nobody ran is found', () => {
  const document = parse('query Used { viewer { kind } } mutation Unused { a } fragment Part on Viewer { kind }');
  expect(findUnexecuted(document, new Set(['Used']))).toEqual(['Unused']);
  expect(findUnexecuted(document, new Set(['Used', 'Unused']))).toEqual([]);
});
