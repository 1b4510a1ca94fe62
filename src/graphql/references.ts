import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import { getDatamodel } from '../generated/pothos.ts';
import { type WorkspaceKey, workspaceKeyText } from '../workspaces/lineage.ts';
import type { Selection } from '../workspaces/workspace-rows.ts';
import type { Context } from './context.ts';

const lists = new Set(
  Object.values(getDatamodel().datamodel.models).flatMap(({ fields }) =>
    fields.filter(({ isList }) => isList).map(({ name }) => name),
  ),
);

/** What is selected of a column is `true`, and holds nothing. */
function holdsList({ select = {} }: Selection): boolean {
  return Object.entries(select).some(([name, selected]) => lists.has(name) || holdsList(selected));
}

/**
 * Selects a row that others lead back to, such as their organization, along with them, unless lists are asked for below it:
 * they would be loaded with each row that leads there, and so on below, as often as the lengths of all the lists multiply.
 * Then the field has to `loadByKey`.
 */
export function alongUnlessLists(relation: string, selection: Selection) {
  return holdsList(selection) ? {} : { [relation]: selection };
}

/**
 * What reads a row that was not loaded along, once for all rows of a list that lead to it; undefined where it was.
 *
 * @param read the row of a key, with what the field selects of it
 */
export function loadByKey<Key, Row>(
  context: Context,
  info: GraphQLResolveInfo,
  read: (key: Key, query: object) => Promise<Row>,
): ((key: Key) => Promise<Row>) | undefined {
  const { load } = context.loaders(info).ofField(info.fieldNodes, () => {
    const query = queryFromInfo({ context, info });
    return { load: holdsList(query) ? createShared((key: Key) => read(key, query), JSON.stringify) : undefined };
  });
  return load;
}

/** The workspace of a key, where it was not loaded along. */
export function loadWorkspace(context: Context, info: GraphQLResolveInfo, key: WorkspaceKey) {
  return loadByKey(context, info, ({ orgId, id }: WorkspaceKey, query) =>
    context.prisma.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } }),
  )?.(key);
}

/** Makes of the key of a workspace the one object that stands for it in a request: what is selected of it is then loaded once. */
export type ShareKey = (key: WorkspaceKey) => WorkspaceKey;

export const createSharedKeys = (): ShareKey => createShared(({ orgId, id }) => ({ orgId, id }), workspaceKeyText);

function createShared<Asked, Key>(make: (asked: Asked) => Key, textOf: (asked: Asked) => string) {
  const keys = new Map<string, Key>();
  return (asked: Asked): Key => {
    const text = textOf(asked);
    const key = keys.get(text) ?? make(asked);
    keys.set(text, key);
    return key;
  };
}
