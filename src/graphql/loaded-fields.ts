import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';

const pluginName = 'loadedFields' as const;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      loadedFields: LoadedFieldsPlugin<Types>;
    }
  }
}

/** A static selection of the Prisma plugin: columns, and columns of rows that belong to this one. */
interface Selection {
  readonly [column: string]: true | { readonly select: Selection };
}

/**
 * Lets a field that shows columns of its row read them there, where they have been loaded. The Prisma plugin would first
 * look up, for each field of each row, which query the row came from, to load what is missing: in a long list that takes
 * most of the time. A column that is there needs no such proof, because columns have no arguments.
 *
 * It has to be the first plugin, around all others. That skips no check: scopes of types are run when a row is met,
 * before its fields, and fields with scopes or arguments of their own are left alone.
 */
class LoadedFieldsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    fieldConfig: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const { extensions, args, pothosOptions, resolve } = fieldConfig;
    const selection = (extensions as { pothosPrismaSelect?: Selection | undefined } | undefined)?.pothosPrismaSelect;
    const isPlain = Object.keys(args).length === 0 && !('authScopes' in pothosOptions);
    if (typeof selection !== 'object' || !isPlain || resolve === undefined || !isOfColumns(selection)) return resolver;
    const read = resolve as GraphQLFieldResolver<unknown, Types['Context'], object>;
    const paths = columnPaths(selection);
    return (row, values, context, info) =>
      paths.every((path) => holds(row, path)) ? read(row, values, context, info) : resolver(row, values, context, info);
  }
}

function isOfColumns(selection: Selection): boolean {
  return Object.values(selection).every(
    (part) =>
      part === true || (typeof part === 'object' && Object.keys(part).join() === 'select' && isOfColumns(part.select)),
  );
}

function columnPaths(selection: Selection): string[][] {
  return Object.entries(selection).flatMap(([column, part]) =>
    part === true ? [[column]] : columnPaths(part.select).map((path) => [column, ...path]),
  );
}

function holds(row: unknown, path: readonly string[]): boolean {
  let value = row;
  for (const column of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string, unknown>)[column];
  }
  return value !== undefined;
}

SchemaBuilder.registerPlugin(pluginName, LoadedFieldsPlugin);

export default pluginName;
