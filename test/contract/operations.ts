import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type DocumentNode, Kind, parse } from 'graphql';
import { expect } from 'vitest';
import { createTestApi, type TestApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';

const directory = join(import.meta.dirname, 'operations');

/** The files of operations, by what they are about: `<noun>.graphql` is run by `<noun>.test.ts`. */
export const nouns = readdirSync(directory).map((file) => file.replace(/\.graphql$/, ''));

export function readOperations(noun: string): DocumentNode {
  return parse(readFileSync(join(directory, `${noun}.graphql`), 'utf8'));
}

/** All that clients run, with the fragments. */
export function readAllOperations(): DocumentNode {
  return { kind: Kind.DOCUMENT, definitions: nouns.flatMap((noun) => readOperations(noun).definitions) };
}

export interface ContractApi extends TestApi {
  /** Runs an operation that has to succeed, and returns its data. */
  run<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    token?: string,
  ): Promise<Data>;
  /** Runs a subscription, and returns what it tells, update by update. */
  follow<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<() => Promise<Data>>;
  /** Fails when an operation of the noun's file has not been run. To be called by the last test of the file. */
  expectAllWereRun(): void;
}

/** The server on a test database, which keeps account of the operations in `operations/<noun>.graphql`. */
export function createContractApi(database: TestDatabase, noun: string): ContractApi {
  const api = createTestApi(database);
  const executed = new Set<string>();
  return {
    ...api,
    async run(document, variables, token) {
      const data = await api.expectData(document, variables, token);
      for (const name of operationNames(document)) executed.add(name);
      return data;
    },
    async follow(document, variables) {
      const subscription = await api.subscribe(document, variables);
      for (const name of operationNames(document)) executed.add(name);
      return async () => {
        const told = await subscription.next();
        if (!told?.data || told.errors) throw new Error(`No update: ${JSON.stringify(told, null, 2)}`);
        return told.data;
      };
    },
    expectAllWereRun() {
      expect(findUnexecuted(readOperations(noun), executed), `operations of ${noun}.graphql that no test runs`).toEqual(
        [],
      );
    },
  };
}

/** The names of the operations in the document that are not among those executed. */
export function findUnexecuted(document: DocumentNode, executed: ReadonlySet<string>): string[] {
  return operationNames(document).filter((name) => !executed.has(name));
}

export function operationNames(document: DocumentNode): string[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? (definition.name?.value ?? 'a nameless operation') : [],
  );
}
